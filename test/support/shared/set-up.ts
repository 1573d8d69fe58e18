import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The port at which stacks are lent. */
    stacksPort: number;
  }
}

const ROOT = join(import.meta.dirname, "../../..");
const IMPORTS = ["tsx", "./local/text-assets.mjs", "./test/support/test-tasks.mjs"];
const END_MS = 30_000;

/** Opens the port at which test files borrow a stack. The host of the stacks starts with the first that does. */
export default async function setUp({ provide }: TestProject): Promise<() => Promise<void>> {
  let host: ChildProcess | undefined;
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    host ??= startHost().once("exit", () => {
      host = undefined;
    });
    host.send("lend", socket, (error) => void (error && socket.destroy()));
  });
  server.listen(0, "127.0.0.1").unref();
  await once(server, "listening");
  provide("stacksPort", (server.address() as AddressInfo).port);
  return async () => {
    server.close();
    if (host) await ended(host);
  };
}

function startHost(): ChildProcess {
  const host = fork(join(import.meta.dirname, "host.ts"), {
    ...{
      cwd: ROOT,
      execArgv: IMPORTS.flatMap((each) => ["--import", each]),
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  });
  host.unref();
  host.channel?.unref();
  return host;
}

async function ended(host: ChildProcess): Promise<void> {
  const exited = once(host, "exit");
  const force = setTimeout(() => host.kill("SIGKILL"), END_MS);
  host.disconnect();
  await exited;
  clearTimeout(force);
}
