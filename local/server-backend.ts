import { type Backend, type Command, type Reply, ReplyError } from "./backend.ts";
import { type Address, Connection } from "./connection.ts";

/** `redis://user:password@host:port/database` or `unix:///path/to/socket`, or the same in parts. */
export type BackendOptions = { readonly url: string } | Address;

/**
 * A Redis server behind a socket, as a `Backend`.
 *
 * Connects with the first command and, after the socket broke, with the next one. A command in flight when it breaks
 * rejects and is never sent again: it may have run. A server that is still loading its data counts as out of reach.
 */
export function connectBackend(options: BackendOptions): Backend {
  return new ServerBackend("url" in options ? parseUrl(options.url) : options);
}

class ServerBackend implements Backend {
  private readonly address: Address;
  private readonly streams = new Set<Connection>();
  private connection: Connection | undefined;
  private closed = false;

  constructor(address: Address) {
    this.address = address;
  }

  send(command: Command): Promise<Reply> {
    return this.connected().send(command);
  }

  async transaction(commands: readonly Command[]): Promise<Reply[] | ReplyError> {
    const connection = this.connected();
    // Sent in one turn without an await between them, so nothing of another caller can come in between.
    const queued = [["MULTI"], ...commands].map((command) => connection.send(command));
    const [replies, done] = await Promise.all([Promise.all(queued), connection.send(["EXEC"])]);
    const refusal = replies.find((reply) => reply instanceof ReplyError);
    if (refusal) return refusal;
    if (done instanceof ReplyError) return done;
    if (!Array.isArray(done)) throw new Error("EXEC did not answer with an array");
    return done;
  }

  async stream(command: Command, onReply: (reply: Reply) => void, onEnd: () => void): Promise<() => void> {
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

  async close(): Promise<void> {
    this.closed = true;
    const error = new Error("the backend was closed");
    this.connection?.break(error);
    for (const stream of this.streams) stream.break(error);
  }

  private connected(): Connection {
    if (!this.connection || this.connection.broken) this.connection = this.open();
    return this.connection;
  }

  private open(): Connection {
    const connection = new Connection(this.address);
    if (this.closed) connection.break(new Error("the backend was closed"));
    return connection;
  }
}

function parseUrl(text: string): Address {
  const url = new URL(text);
  if (url.protocol === "unix:") return { path: decodeURIComponent(url.pathname) };
  if (url.protocol !== "redis:") throw new Error(`redis:// or unix:// was expected, not ${url.protocol}//`);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1") || "127.0.0.1",
    port: Number(url.port || 6379),
    database: Number(url.pathname.slice(1) || 0),
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
  };
}
