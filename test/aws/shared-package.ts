import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";
import { FolderInUse, lock } from "../../packages/redis-rest-local/src/lock.ts";
import { serverless } from "./template/template.ts";

/**
 * The folder of `sls package` for a stage, of the service as it is: made once a run, by the first file that asks. The others
 * wait for it, and none changes it.
 */
export async function sharedPackage(stage: string): Promise<string> {
  const folder = join(inject("packages"), stage);
  const made = join(folder, "made");
  const packed = join(folder, "package");
  await mkdir(folder, { recursive: true });
  const unlock = await locked(folder);
  try {
    if (!existsSync(made)) await serverless(["package", "--stage", stage, "--package", packed]);
    await writeFile(made, "");
    return packed;
  } finally {
    await unlock();
  }
}

/** Waits until no other process holds the folder. */
async function locked(folder: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      return await lock(folder);
    } catch (error) {
      if (!(error instanceof FolderInUse)) throw error;
      await sleep(100);
    }
  }
}
