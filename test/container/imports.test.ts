import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { inPlainNode, withImportingTask } from "../imports/importing.ts";
import { copyService } from "../support/service-copy.ts";
import { buildImage } from "./image.ts";
import { composeUp } from "./system.ts";

test("in the container a task's imports are what plain Node makes of them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-imports-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await copyService(join(folder, "service"), withImportingTask);
  const image = buildImage(join(folder, "service"));
  onTestFinished(() => image.remove());
  const system = await composeUp(image);
  onTestFinished(() => system.stop());
  const body = '{"task":"importing"}';
  const submitted = await fetch(`${system.url}/submit-job`, { method: "POST", body });
  const { job_id } = (await submitted.json()) as { job_id: string };
  const job = await (await fetch(`${system.url}/job-status/${job_id}?wait=25`)).json();
  expect(job).toMatchObject({ status: "completed", result: await inPlainNode() });
  // Only what is named as external is there beside the bundles.
  expect(existsSync(join(image.workdir, "node_modules/@node-rs/crc32"))).toBe(true);
  expect(existsSync(join(image.workdir, "node_modules/aws4"))).toBe(false);
});
