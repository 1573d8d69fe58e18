import { type Backend, type Command, type RedisReply, ReplyError } from "./backend.ts";
import { type Address, Connection } from "./connection.ts";

/** The address: `redis://user:password@host:port/database`, `rediss://…` with TLS, `unix:///path/to/socket`, or its parts. */
export type BackendOptions = { readonly url: string } | Address;

/** The most connections: further requests wait for a free one. */
const MAX_CONNECTIONS = 64;

/**
 * Makes a `Backend` of a Redis server behind sockets.
 *
 * What is sent in one tick has a connection for itself until all of it is answered. So no request waits behind the script of
 * another one, and while a script runs for too long, other requests get Redis' own answer, BUSY.
 *
 * It connects when there is something to send. A command in flight when its socket breaks rejects and is never resent: it may
 * have run. A server that is still loading its data counts as out of reach.
 */
export function connectBackend(options: BackendOptions): Backend {
  return new ServerBackend("url" in options ? parseUrl(options.url) : options);
}

interface SentCommand {
  readonly command: Command;
  resolve(reply: RedisReply): void;
  reject(error: Error): void;
}

class ServerBackend implements Backend {
  private readonly address: Address;
  private readonly connections = new Set<Connection>();
  /** The connections without work, the last one used at the end. */
  private readonly idle: Connection[] = [];
  private readonly streams = new Set<Connection>();
  /** The commands that were sent in this tick. */
  private batch: SentCommand[] = [];
  /** The commands that were sent and found no free connection. */
  private readonly waiting: SentCommand[][] = [];
  private closed = false;
  private version: Promise<string> | undefined;

  constructor(address: Address) {
    this.address = address;
  }

  send(command: Command): Promise<RedisReply> {
    return new Promise((resolve, reject) => {
      if (this.batch.push({ command, resolve, reject }) > 1) return;
      process.nextTick(() => {
        this.waiting.push(this.batch);
        this.batch = [];
        this.serveWaiting();
      });
    });
  }

  async transaction(commands: readonly Command[]): Promise<RedisReply[] | ReplyError> {
    // Sent in one turn without an await, so commands of another caller cannot come in between.
    const queued = [["MULTI"], ...commands].map((command) => this.send(command));
    const [replies, done] = await Promise.all([Promise.all(queued), this.send(["EXEC"])]);
    const refusal = replies.find((reply) => reply instanceof ReplyError);
    if (refusal) return refusal;
    if (done instanceof ReplyError) return done;
    if (!Array.isArray(done)) throw new Error("EXEC did not answer with an array");
    return done;
  }

  async stream(command: Command, onReply: (reply: RedisReply) => void, onEnd: () => void): Promise<() => void> {
    const connection = this.open();
    if (connection.broken) throw connection.broken;
    this.streams.add(connection);
    await new Promise<void>((resolve, reject) => {
      connection.onPush = (reply) => {
        connection.onPush = onReply;
        connection.onBroken = () => {
          this.streams.delete(connection);
          onEnd();
        };
        onReply(reply);
        resolve();
      };
      connection.onBroken = (error) => {
        this.streams.delete(connection);
        reject(error);
      };
      connection.push(command);
    });
    return () => {
      this.streams.delete(connection);
      connection.onPush = () => {};
      connection.onBroken = undefined;
      connection.break(new Error("the stream was stopped"));
    };
  }

  async lacks(): Promise<string> {
    this.version ??= this.send(["INFO", "server"]).then(versionOf, () => "this Redis");
    return `${await this.version} does not have this command: put a newer Redis behind the gateway, or use a database at Upstash`;
  }

  async close(): Promise<void> {
    this.closed = true;
    const error = new Error("the backend was closed");
    for (const connection of [...this.connections, ...this.streams]) connection.break(error);
  }

  private serveWaiting(): void {
    while (this.waiting.length > 0) {
      const connection = this.idle.pop() ?? this.openAnother();
      if (!connection) return;
      void this.serve(this.waiting.shift()!, connection);
    }
  }

  /** Sends a tick's commands and waits for all their replies. */
  private async serve(batch: readonly SentCommand[], connection: Connection): Promise<void> {
    const replies = batch.map(({ command, resolve, reject }) => connection.send(command).then(resolve, reject));
    await Promise.all(replies);
    if (!connection.broken) this.idle.push(connection);
    this.serveWaiting();
  }

  /** Opens another connection; undefined if there are as many as allowed. */
  private openAnother(): Connection | undefined {
    if (this.connections.size >= MAX_CONNECTIONS) return undefined;
    const connection = this.open();
    this.connections.add(connection);
    connection.onBroken = () => this.forget(connection);
    if (connection.broken) this.forget(connection);
    return connection;
  }

  private forget(connection: Connection): void {
    this.connections.delete(connection);
    const at = this.idle.indexOf(connection);
    if (at >= 0) this.idle.splice(at, 1);
  }

  private open(): Connection {
    const connection = new Connection(this.address);
    if (this.closed) connection.break(new Error("the backend was closed"));
    return connection;
  }
}

/** Returns the server's name and version from the reply to INFO: `Redis 7.0.15` or `Valkey 8.1.0`. */
function versionOf(info: RedisReply): string {
  const [, valkey] = /^valkey_version:(\S+)/m.exec(String(info)) ?? [];
  const [, redis] = /^redis_version:(\S+)/m.exec(String(info)) ?? [];
  if (valkey !== undefined) return `Valkey ${valkey}`;
  return redis === undefined ? "this Redis" : `Redis ${redis}`;
}

function parseUrl(text: string): Address {
  if (!URL.canParse(text)) throw new Error("the address of the Redis is no URL: expected redis://host:port");
  const url = new URL(text);
  if (url.protocol === "unix:") return { path: decodeURIComponent(url.pathname) };
  if (url.protocol !== "redis:" && url.protocol !== "rediss:")
    throw new Error(`the address of the Redis begins with ${url.protocol}//: expected redis://, rediss:// or unix://`);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1") || "127.0.0.1",
    port: Number(url.port || 6379),
    tls: url.protocol === "rediss:",
    database: Number(url.pathname.slice(1) || 0),
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
  };
}
