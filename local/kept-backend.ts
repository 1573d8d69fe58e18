import { type Backend, type Command, type RedisReply, ReplyError } from "../packages/redis-rest-local/src/backend.ts";
import { isRead } from "../packages/redis-rest-local/src/read-only.ts";
import { word } from "../packages/redis-rest-local/src/rules.ts";

/**
 * Wraps a Redis with an append-only file, so that a reply comes only when the change is in that file. When its disk fails,
 * Redis itself still answers the first writes, and refuses only later ones. So this asks after each command that may write
 * whether the file was written; replies that come together share the question.
 *
 * A command rejects if the file was not written: its change is in memory, and may yet be written.
 *
 * @param onWritten called when something may have been written
 */
export function keptBackend(backend: Backend, onWritten: () => void = () => {}): Backend {
  const checked = sharedCheck(backend, onWritten);
  return {
    async send(command: Command): Promise<RedisReply> {
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

/** Throws what Redis refuses while its disk is full: that is a fault of the store, not an answer to the command. */
function accepted<T extends RedisReply>(reply: T): T {
  if (reply instanceof ReplyError && reply.message.startsWith("MISCONF ")) throw new Error(reply.message);
  return reply;
}

/** Returns why changes that Redis has acknowledged may not be in its file; undefined if they are. */
export async function unwritten(backend: Backend): Promise<string | undefined> {
  const info = await backend.send(["INFO", "persistence"]);
  if (info instanceof ReplyError) return `whether the change was kept is not known: ${info.message}`;
  if (String(info).includes("aof_last_write_status:ok")) return undefined;
  return "its disk is full or fails, and changes may be lost: make room, or check the disk";
}

function sharedCheck(backend: Backend, onWritten: () => void): () => Promise<void> {
  let next: Promise<void> | undefined;
  async function check(): Promise<void> {
    await new Promise(setImmediate); // lets the other replies that are already here join
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
