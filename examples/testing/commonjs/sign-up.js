const { queue, welcome } = require("./queue.js");

/** A route of the application: it submits a job, and knows nothing of tests. */
async function signUp(email) {
  const { id } = await queue.submit(welcome, { to: email }, { idempotencyKey: `welcome ${email}` });
  return { status: 202, id };
}

module.exports = { signUp };
