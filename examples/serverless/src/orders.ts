import { confirm, queue } from "./queue.ts";

/** The project's own function: it takes an order, and leaves the rest to a job. */
export async function handler(event: { body?: string }) {
  const { order } = JSON.parse(event.body ?? "{}") as { order: string };
  const { id } = await queue.submit(confirm, { order });
  return { statusCode: 202, body: JSON.stringify({ job: id }) };
}
