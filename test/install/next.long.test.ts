import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { blackBox } from "./black-box.ts";
import { startProgram } from "./program.ts";

/** `next start` ends with this after SIGTERM. */
const ENDED_BY_SIGTERM = 143;

blackBox("next", {
  async start(folder, environment) {
    const next = join(folder, "node_modules/next/dist/bin/next");
    const isBuilt = await access(join(folder, ".next/BUILD_ID")).then(
      () => true,
      () => false,
    );
    // Without the settings of the queue: a build reads none.
    if (!isBuilt) await promisify(execFile)(process.execPath, [next, "build"], { cwd: folder });
    const app = await startProgram(folder, environment, { args: [next, "start"], endsWith: ENDED_BY_SIGTERM });
    return { ...app, url: `${app.url}/api/queue` };
  },
});
