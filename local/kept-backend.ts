import { type Backend, type Command, type Reply, ReplyError } from "../packages/redis-rest-local/src/backend.ts";
import { isRead } from "../packages/redis-rest-local/src/read-only.ts";
import { word } from "../packages/redis-rest-local/src/rules.ts";

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
      const reply = accepted(await backend.send(command));
      if (!(reply instanceof ReplyError) && !isRead(word(command, 0))) await checked();
      return reply;
    },
    async transaction(commands: readonly Command[]) {
      const replies = accepted(await backend.transaction(commands));
      if (!(replies instanceof ReplyError)) await checked();
      return replies;
    },
    stream: (command, onReply, onEnd) => backend.stream(command, onReply, onEnd),
    lacks: () => backend.lacks(),
    close: () => backend.close(),
  };
}

/** What Redis refuses while its disk is full is no answer to the command, but a fault of the store. */
function accepted<T extends Reply>(reply: T): T {
  if (reply instanceof ReplyError && reply.message.startsWith("MISCONF ")) throw new Error(reply.message);
  return reply;
}

/** Returns why what Redis has answered may not be in its file; undefined when it is. */
export async function unwritten(backend: Backend): Promise<string | undefined> {
  const info = await backend.send(["INFO", "persistence"]);
  if (info instanceof ReplyError) return `whether it was kept is not known: ${info.message}`;
  if (String(info).includes("aof_last_write_status:ok")) return undefined;
  return "its disk is full or fails, and what was changed may be lost";
}

function sharedCheck(backend: Backend, onWritten: () => void): () => Promise<void> {
  let next: Promise<void> | undefined;
  async function check(): Promise<void> {
    await new Promise(setImmediate); // for the other replies that are here already
    next = undefined;
    const why = await unwritten(backend);
    if (why !== undefined) throw new Error(why);
    onWritten();
  }
  return () => {
    next ??= check();
    return next;
  };
}
