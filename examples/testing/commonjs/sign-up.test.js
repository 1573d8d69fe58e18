const { createTestKit } = require("wakeq/testing");
const { queue, sent } = require("./queue.js");
const { signUp } = require("./sign-up.js");

let kit;
beforeAll(async () => {
  kit = await createTestKit(queue);
});
afterAll(() => kit.close());

test("a new user is welcomed once the mail server has recovered", async () => {
  const { id } = await signUp("ada@example.com");
  await kit.drain();
  expect(await kit.job(id)).toMatchObject({ status: "pending", retries: 1 });
  await kit.advance("15m");
  expect(await kit.job(id)).toMatchObject({ status: "completed", result: { welcomed: "ada@example.com" } });
  expect(sent).toEqual(["ada@example.com"]);
});

test("a mailbox that is gone is not tried again", async () => {
  const { id } = await signUp("bob@gone.example");
  await kit.advance("1d");
  expect(await kit.job(id)).toMatchObject({ status: "failed", retries: 0 });
});

test("what is no address is refused", async () => {
  await expect(signUp("nobody")).rejects.toMatchObject({ name: "WakeqError", code: "invalid_request" });
});
