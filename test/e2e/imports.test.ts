import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { inPlainNode, withImportingTasks } from "../imports/importing.ts";
import { startRealWorld } from "../real-tasks/real.ts";
import { copyService } from "../support/service-copy.ts";
import { start } from "../support/start.ts";

test("under npm start a task's imports give the same as in plain Node, and six real packages work", async () => {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-imports-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await copyService(join(folder, "service"), withImportingTasks);
  const started = await start({}, join(folder, "service"));
  const [, url] = await started.prints(/API +(http:\S+)/);
  const world = await startRealWorld();
  onTestFinished(() => world.stop());
  const expected = [{ task: "importing", payload: {}, result: await inPlainNode() }, ...world.jobs];
  for (const { result, ...body } of expected) {
    const submitted = await fetch(`${url}/submit-job`, { method: "POST", body: JSON.stringify(body) });
    const { job_id } = (await submitted.json()) as { job_id: string };
    const job = await (await fetch(`${url}/job-status/${job_id}?wait=25`)).json();
    expect(job, body.task).toMatchObject({ status: "completed", result });
  }
});
