import { queue, welcome } from "./queue.js";

/** A route of the application: it submits a job, and knows nothing of tests. */
export async function signUp(email) {
  const { id } = await queue.submit(welcome, { to: email }, { idempotencyKey: `welcome ${email}` });
  return { status: 202, id };
}
