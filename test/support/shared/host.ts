import type { Socket } from "node:net";
import { onLines } from "./lines.ts";
import { type Said, Stacks, type Wanted } from "./stacks.ts";

/**
 * The process that runs the stacks that test files share. Vitest's own process starts it and hands it the connection of
 * each test file. What the file wants comes as the first line, and the stack is lent until the connection ends, for
 * whatever reason. All stacks end when vitest says so or has ended, even if it was killed.
 */
const stacks = new Stacks();

function serve(socket: Socket): void {
  const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => {}); // `close` follows
  onLines(socket, (line) => void lend(socket, JSON.parse(line) as Wanted, gone));
  socket.resume();
}

async function lend(socket: Socket, wanted: Wanted, gone: Promise<void>): Promise<void> {
  const say = (said: Said) => socket.writable && socket.write(`${JSON.stringify(said)}\n`);
  try {
    const { stack, giveBack } = await stacks.lend(wanted, (line) => say({ line }));
    say({ stack });
    await gone;
    await giveBack();
  } catch (error) {
    say({ failed: String((error as Error).stack) });
  }
}

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await stacks.end().finally(() => process.exit());
}

process.on("message", (_, socket) => serve(socket as Socket));
process.once("disconnect", () => void end());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end());
