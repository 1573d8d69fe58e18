import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createTestKit } from "wakeq/testing";
import { queue } from "./queue.js";
import { signUp } from "./sign-up.js";

let kit;
before(async () => {
  kit = await createTestKit(queue);
});
after(() => kit.close());

test("a new user is welcomed once the mail server has recovered", async () => {
  const { id } = await signUp("ada@example.com");
  await kit.drain();
  assert.equal((await kit.job(id)).status, "pending");
  await kit.advance("15m");
  assert.deepEqual((await kit.job(id)).result, { welcomed: "ada@example.com" });
});

test("what is no address is refused", async () => {
  await assert.rejects(signUp("nobody"), { name: "WakeqError", code: "invalid_request" });
});
