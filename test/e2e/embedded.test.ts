import { afterAll, expect, test } from "vitest";
import type { JobView } from "../../lib/routes/described/job-view.ts";
import { removeData, startTestStack, type TestStack, until } from "../support/stack.ts";

let stack: TestStack | undefined;
afterAll(() => removeData(stack));

async function submit(body: unknown): Promise<string> {
  const response = await fetch(`${stack!.url}/submit-job`, { method: "POST", body: JSON.stringify(body) });
  expect(response.status).toBe(202);
  return ((await response.json()) as { job_id: string }).job_id;
}

async function status(id: string): Promise<JobView> {
  return (await (await fetch(`${stack!.url}/job-status/${id}`)).json()) as JobView;
}

test("without a Redis the whole system runs on the embedded store and keeps its jobs over a restart", async () => {
  stack = await startTestStack({ redisUrl: "embedded:" });
  expect(stack.embedded).toBe("asked for");
  const done = await submit({ task: "note" });
  const completed = await until(
    () => status(done),
    ({ status }) => status === "completed",
  );
  expect(completed.result).toMatchObject({ noted: done });
  const delayed = await submit({ task: "note", delay_seconds: 3_600 });
  await stack.stop();

  stack = await startTestStack({ redisUrl: "embedded:", dataDir: stack.dataDir });
  expect(await status(delayed)).toMatchObject({ status: "pending" });
  expect(await status(done)).toEqual(completed);
}, 120_000);
