import { createServer } from "node:net";
import { CommandError } from "./command-error.ts";

/** How many ports after the wanted one are tried. */
const TRIED = 200;

/** Reads a port. `name` says where it was given. @throws CommandError */
export function portOf(name: string, value: string): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new CommandError(`${name}: expected a port from 0 (any) to 65535, got ${JSON.stringify(value)}`);
}

/** Finds a port that is free: the wanted one, or the next. 0 wants any. @throws CommandError where none is free */
export async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port <= Math.min(wanted + TRIED, 65_535); port++) {
    const found = await tried(port);
    if (found !== undefined) return found;
  }
  throw new CommandError(`no port is free from ${wanted} to ${wanted + TRIED}: pass --port PORT`);
}

/** Listens for a moment. Returns the port, or undefined if another process has it or this user may not have it. */
function tried(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const { port: bound } = server.address() as { port: number };
      server.close(() => resolve(bound));
    });
  });
}
