import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { buildInto } from "../../bin/build.ts";
import type { startPlatforms } from "./servers.ts";

/** Bundles the servers for one test file, pages and all. Returns what gives the function that starts them. */
export function useBundledPlatforms(): () => typeof startPlatforms {
  let folder: string;
  let start: typeof startPlatforms;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "wakeq-platforms-"));
    const { file } = await buildInto(folder, "test/platforms/servers.ts");
    start = ((await import(pathToFileURL(file).href)) as { startPlatforms: typeof startPlatforms }).startPlatforms;
  }, 60_000);
  afterAll(async () => {
    if (folder) await rm(folder, { recursive: true });
  });
  return () => start;
}
