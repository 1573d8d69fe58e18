import { afterAll, expect, test } from "vitest";
import type { JobView } from "../../lib/routes/described/job-view.ts";
import { removeData, startTestStack, type TestStack, until } from "../support/stack.ts";

let stack: TestStack | undefined;
afterAll(() => removeData(stack));

async function submit(body: unknown): Promise<string> {
  const response = await fetch(`${stack!.url}/submit-job`, { method: "POST", body: JSON.stringify(body) });
  return ((await response.json()) as { job_id: string }).job_id;
}

async function status(id: string): Promise<JobView> {
  return (await (await fetch(`${stack!.url}/job-status/${id}`)).json()) as JobView;
}

/** Ticks as the schedule does: without waiting for the worker to end. */
async function tick(): Promise<void> {
  await fetch(`${stack!.lambdaUrl}/2015-03-31/functions/wakeq-test-worker/invocations`, {
    method: "POST",
    body: '{"source":"tick"}',
    headers: { "x-amz-invocation-type": "Event" },
  });
}

test("stopping everything and starting it again loses nothing", async () => {
  const environment = { LEASE_SECONDS: "1" };
  stack = await startTestStack({ environment });
  const delayed = await submit({ task: "note", delay_seconds: 3_600 });
  const failing = await submit({ task: "flaky", payload: { failures: 1 } });
  const running = await submit({ task: "count", payload: { up_to: 900, rest_ms: 1_000 } });
  await until(
    () => status(failing),
    ({ retries }) => retries > 0,
  );
  await until(
    () => status(running),
    ({ progress }) => progress !== undefined,
  );
  await stack.stop();

  stack = await startTestStack({ dataDir: stack.dataDir, environment });
  expect(await status(delayed)).toMatchObject({ status: "pending" });
  // The worker gave its job back when it was told to end. The tick finds that job, and waits for the retry.
  await tick();
  const again = await until(
    () => status(running),
    (job) => job.status === "processing",
  );
  expect(again).toMatchObject({ retries: 0, attempts: [] });
  const done = await until(
    () => status(failing),
    ({ status }) => status === "completed",
  );
  expect(done.attempts.at(-1)).toMatchObject({ outcome: "completed" });
}, 60_000);
