import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import type { CaseRequest } from "./case.ts";

/** What a case found, by name: of each measure the type is in its file. */
type CaseFigures = Record<string, number>;

/** The built bench. */
export interface BenchProgram {
  /** Runs one case in a process of its own, on a store that runs already. */
  run(request: Omit<CaseRequest, "modules">): Promise<CaseFigures>;
  remove(): Promise<void>;
}

/** The longest time for a case, in ms: one that takes longer is stuck. */
const TIMEOUT_MS = 120_000;

/** Builds the case as one file, like a deployed worker: the loader that runs TypeScript in development slows closures down. */
export async function buildProgram(): Promise<BenchProgram> {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-case-"));
  const file = join(folder, "case.mjs");
  await bundle("bench/case.ts", file);
  const modules = Object.fromEntries(["bullmq", "bee-queue"].map((name) => [name, import.meta.resolve(name)]));
  return {
    async run(request) {
      const child = fork(file, { execArgv: [] });
      const exited = once(child, "exit");
      const late = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
      try {
        child.send({ ...request, modules } satisfies CaseRequest);
        const failed = exited.then(() => Promise.reject(new Error(`no result: ${JSON.stringify(request)}`)));
        const [found] = (await Promise.race([once(child, "message"), failed])) as [CaseFigures];
        failed.catch(() => {});
        return found;
      } finally {
        clearTimeout(late);
        child.kill();
        await exited;
      }
    },
    remove: () => rm(folder, { recursive: true }),
  };
}
