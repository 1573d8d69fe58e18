import { expect, test } from "vitest";
import { createTestKit } from "wakeq/testing";
import * as z from "zod/mini";
import { defineTask } from "../../lib/tasks.ts";

const flaky = defineTask({
  name: "flaky",
  input: z.strictObject({ failures: z.int() }),
  run({ input, job }) {
    if (job.attempt <= input.failures) throw new Error("not yet");
    return { attempt: job.attempt };
  },
});

test("it survives a crash and a failure", async () => {
  const kit = await createTestKit([flaky]);
  const id = await kit.submit(flaky, { failures: 1 });
  await kit.crash(); // a worker takes the job and dies: that costs the job no attempt
  await kit.advance("15m"); // its lease runs out, and the retry becomes due, each at its time
  const { status, attempts, result } = await kit.job(id);
  expect(status).toBe("completed");
  expect(attempts.map(({ outcome }) => outcome)).toEqual(["lease_expired", "failed", "completed"]);
  expect(result).toEqual({ attempt: 2 });
  await kit.close();
});
