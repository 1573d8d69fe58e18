import type { Backend, Command, Reply } from "./backend.ts";
import { isRead } from "./read-only.ts";
import { word } from "./rules.ts";

/**
 * A Redis with an append-only file whose replies come when what they tell of is in that file. Redis itself answers the first
 * writes that its disk does not take, and refuses only those after them. So this asks after each command that may write
 * whether the file was written; replies of one moment share the question.
 *
 * Rejects where it was not: the change is in memory, and may yet be written.
 *
 * @param onWritten called when something may have been written
 */
export function keptBackend(backend: Backend, onWritten: () => void = () => {}): Backend {
  const checked = sharedCheck(backend, onWritten);
  return {
    async send(command: Command): Promise<Reply> {
      const reply = await backend.send(command);
      if (!isRead(word(command, 0))) await checked();
      return reply;
    },
    async transaction(commands: readonly Command[]) {
      const replies = await backend.transaction(commands);
      await checked();
      return replies;
    },
    stream: (command, onReply, onEnd) => backend.stream(command, onReply, onEnd),
    lacks: () => backend.lacks(),
    close: () => backend.close(),
  };
}

/** Whether Redis has written all that it has answered. */
export async function isWritten(backend: Backend): Promise<boolean> {
  const info = await backend.send(["INFO", "persistence"]);
  return Buffer.isBuffer(info) && info.includes("aof_last_write_status:ok");
}

function sharedCheck(backend: Backend, onWritten: () => void): () => Promise<void> {
  let next: Promise<void> | undefined;
  async function check(): Promise<void> {
    await new Promise(setImmediate); // for the other replies that are here already
    next = undefined;
    if (!(await isWritten(backend))) throw new Error("its disk is full or fails, and what was changed may be lost");
    onWritten();
  }
  return () => {
    next ??= check();
    return next;
  };
}
