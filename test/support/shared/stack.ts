import { connect } from "node:net";
import { inject } from "vitest";
import { onLines } from "./lines.ts";
import type { Said, Shared, Wanted } from "./stacks.ts";

/** A running stack that a test file has for itself until it gives it back. */
export interface BorrowedStack extends Shared {
  /** What the stack and its functions printed since it was borrowed. */
  lines: string[];
  /** Ends the loan. The next file waits until nothing runs on the stack, so end what does. */
  giveBack(): void;
}

/**
 * Borrows a running stack with nothing in its store: the whole system without a tick, as `startTestStack` starts it. Tests
 * that stop a stack, or change its files or settings, start one of their own.
 *
 * @throws Error with the stack's last lines if it did not start
 */
export function borrowStack(environment: Wanted = {}): Promise<BorrowedStack> {
  const socket = connect(inject("stacksPort"), "127.0.0.1");
  const lines: string[] = [];
  socket.write(`${JSON.stringify(environment)}\n`);
  return new Promise((resolve, reject) => {
    onLines(socket, (line) => {
      const said = JSON.parse(line) as Said;
      if ("line" in said) lines.push(said.line);
      else if ("stack" in said) resolve({ ...said.stack, lines, giveBack: () => void socket.end() });
      else reject(new Error(`the shared stack did not start: ${said.failed}`));
    });
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("the host of the shared stacks has ended")));
  });
}
