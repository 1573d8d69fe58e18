import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { inPlainNode, withImportingTask } from "../imports/importing.ts";
import { copyService } from "../support/service-copy.ts";
import { start } from "../support/start.ts";

test("under npm start a task's imports are what plain Node makes of them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-imports-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await copyService(join(folder, "service"), withImportingTask);
  const started = await start({}, join(folder, "service"));
  const [, url] = await started.prints(/API +(http:\S+)/);
  const submitted = await fetch(`${url}/submit-job`, { method: "POST", body: '{"task":"importing"}' });
  const { job_id } = (await submitted.json()) as { job_id: string };
  const job = await (await fetch(`${url}/job-status/${job_id}?wait=25`)).json();
  expect(job).toMatchObject({ status: "completed", result: await inPlainNode() });
});
