import { type Backend, type Command, type RedisReply, ReplyError } from "../backend.ts";
import type { Durability } from "../durability.ts";
import { commands } from "./command-table.ts";
import { Engine } from "./engine.ts";
import { Journal } from "./journal.ts";
import { LuaEngine } from "./lua/lua-engine.ts";
import { type Bytes, toBytes, toReply } from "./replies.ts";
import { ScriptCache } from "./script-cache.ts";
import { snapshotOf } from "./snapshot.ts";
import { openStream } from "./streams.ts";

/** The settings of the embedded store. */
export interface EmbeddedOptions {
  /** The clock, in ms since the epoch, for tests that move it by hand. Default: the system's. */
  readonly now?: () => number;
  /**
   * The folder in which the store is kept for the next one; made if absent. Default: nowhere. A reply comes once the change is
   * kept; scripts are not kept, as with any Redis. While the disk is full, writes are refused.
   */
  readonly dir?: string;
  /** What a kept change survives: the end of the process, or also a power cut. Default: "process". */
  readonly durability?: Durability;
  /** The most memory, in bytes by the store's own estimate: beyond it, commands that need more are refused. Default: no limit. */
  readonly maxMemory?: number;
  /** Gets what scripts log by `redis.log`, and warnings of the store itself. Default: they are dropped. */
  readonly log?: (message: string) => void;
}

/** The embedded store: a `Backend` without a server. */
export interface Embedded extends Backend {
  /** Returns the number of keys, without expired ones. */
  readonly size: number;
}

/**
 * Opens a store in this process that answers as Redis 7.0 does: data types, expiry, transactions, publish and subscribe,
 * and Lua scripts. It opens no port. Each command runs when it is sent; only its reply comes later.
 *
 * @throws FolderInUse if another process uses the folder
 * @throws Error that says what to do if the folder's data cannot be read
 */
export async function createEmbedded(options: EmbeddedOptions = {}): Promise<Embedded> {
  const log = options.log ?? (() => {});
  const engine = new Engine({
    now: options.now ?? Date.now,
    maxMemory: options.maxMemory ?? 0,
    commands,
    scripts: new ScriptCache(() => new LuaEngine((_level, message) => log(message))),
  });
  const journal = options.dir === undefined ? undefined : await openJournal(engine, options.dir, options);
  return new EmbeddedBackend(engine, journal);
}

async function openJournal(engine: Engine, dir: string, options: EmbeddedOptions): Promise<Journal> {
  const { durability = "process", log = () => {} } = options;
  const { store } = engine;
  store.loading = true;
  const journal = await Journal.open({
    dir,
    durability,
    replay: ({ now, commands }) => engine.replay(now, commands),
    snapshot: () => snapshotOf(store),
    warn: log,
    onFault(error) {
      if (error && !engine.writeFault)
        log(`the store cannot be kept: ${error.message}. Writes are refused until it can`);
      engine.writeFault = error?.message;
    },
  });
  store.loading = false;
  engine.onChanges = (now, commands) => journal.append({ now, commands });
  return journal;
}

class EmbeddedBackend implements Embedded {
  private readonly engine: Engine;
  private readonly streams = new Set<() => void>();
  private readonly journal: Journal | undefined;
  private closed = false;

  constructor(engine: Engine, journal: Journal | undefined) {
    this.engine = engine;
    this.journal = journal;
  }

  get size(): number {
    this.engine.refresh();
    return this.engine.store.size;
  }

  async send(command: Command): Promise<RedisReply> {
    this.checkOpen();
    const args = command.map(toBytes);
    const reply = toReply(this.engine.execute(args));
    if (!isRead(args)) await this.journal?.kept();
    return reply;
  }

  async transaction(commands: readonly Command[]): Promise<RedisReply[] | ReplyError> {
    this.checkOpen();
    const replies = this.engine.transaction(commands.map((command) => command.map(toBytes)));
    await this.journal?.kept();
    return Array.isArray(replies) ? replies.map(toReply) : (toReply(replies) as ReplyError);
  }

  async stream(command: Command, onReply: (reply: RedisReply) => void, onEnd: () => void): Promise<() => void> {
    this.checkOpen();
    const stop = openStream(this.engine, command.map(toBytes), (result) => onReply(toReply(result)));
    const end = () => {
      stop();
      onEnd();
    };
    this.streams.add(end);
    return () => {
      stop();
      this.streams.delete(end);
    };
  }

  async lacks(): Promise<string> {
    const remedy = "put Redis 7 or later behind the gateway (REDIS_URL, or --redis)";
    return `The embedded store does not have this command: ${remedy}. The README of redis-rest-local lists what it has`;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const end of this.streams) end();
    this.streams.clear();
    await this.journal?.close();
  }

  private checkOpen(): void {
    if (this.closed) throw new Error("the backend was closed");
  }
}

/** Returns whether a command only reads. A script that changes nothing may answer for an earlier run, so it is not a read. */
function isRead(args: readonly Bytes[]): boolean {
  const spec = commands.find(args);
  return !(spec instanceof ReplyError) && spec.flags.has("readonly");
}
