import { greet, queue } from "./queue.ts";

// The project's own function: it answers, and leaves the work to a job.
export async function handler(event: { pathParameters: { name: string } }) {
  const { id } = await queue.submit(greet, { name: event.pathParameters.name });
  return { statusCode: 202, body: id };
}
