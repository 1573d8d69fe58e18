import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { blackBox } from "./black-box.ts";
import { startProgram } from "./program.ts";

const BUN = "@oven/bun-linux-x64@1.4.5";

blackBox("bun", {
  async start(folder, environment) {
    await promisify(execFile)("npm", ["install", "--no-save", "--prefer-offline", BUN], { cwd: folder });
    const command = join(folder, "node_modules/@oven/bun-linux-x64/bin/bun");
    return startProgram(folder, environment, { command, args: ["server.ts"] });
  },
});
