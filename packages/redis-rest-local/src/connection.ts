import * as net from "node:net";
import * as tls from "node:tls";
import { type Command, type RedisReply, ReplyError } from "./backend.ts";
import { CommandWriter, ReplyParser } from "./resp.ts";

const CONNECT_TIMEOUT_MS = 5_000;
const REPLY_TIMEOUT_MS = 30_000;

/** Where a Redis listens, and which user and database to use there. */
export interface Address {
  readonly host?: string;
  readonly port?: number;
  /** Whether to use TLS. Node must trust the server's certificate (`NODE_EXTRA_CA_CERTS`). */
  readonly tls?: boolean;
  /** A Unix socket, instead of host and port. */
  readonly path?: string;
  readonly username?: string;
  readonly password?: string;
  readonly database?: number;
  /** How long to wait for data while a reply is due, before the connection is given up. Default 30 s. */
  readonly replyTimeoutMs?: number;
}

interface AwaitedReply {
  resolve(reply: RedisReply): void;
  reject(error: Error): void;
}

/**
 * One socket to a Redis server: commands out, replies in, in order.
 *
 * It is usable from the start: what is sent before the socket is connected goes out once it is. It breaks for good when its
 * socket does, or when a reply is due and nothing comes. Then every command without a reply rejects: it may have run.
 */
export class Connection {
  /** Gets the replies that no command waits for, which a subscription pushes. Without it such a reply breaks the connection. */
  onPush: ((reply: RedisReply) => void) | undefined;
  /** Called once when the connection has broken. */
  onBroken: ((error: Error) => void) | undefined;
  broken: Error | undefined;

  private readonly socket: net.Socket;
  private readonly writer = new CommandWriter();
  private readonly waiting = new Fifo<AwaitedReply>();
  private ready = false;
  private flushing = false;
  /** Whether the first reply to what `push` sent has yet to come. */
  private pushIsDue = false;

  constructor(address: Address) {
    const { replyTimeoutMs = REPLY_TIMEOUT_MS } = address;
    this.socket = openSocket(address);
    this.socket.setTimeout(CONNECT_TIMEOUT_MS, () => this.break(new Error("no connection within 5 s")));
    this.socket.once(address.tls ? "secureConnect" : "connect", () => {
      this.socket.removeAllListeners("timeout");
      this.socket.setTimeout(replyTimeoutMs).on("timeout", () => this.giveUp(replyTimeoutMs));
    });

    const parser = new ReplyParser((reply) => this.take(reply));
    this.socket.on("data", (chunk: Buffer) => {
      try {
        parser.push(chunk);
      } catch (error) {
        this.break(error as Error);
      }
    });
    this.socket.on("error", (error) => this.break(error));
    this.socket.once("close", () => this.break(new Error("the connection was closed")));
    this.introduce(address);
  }

  /** Sends a command. Rejects if the connection breaks before its reply, and while the server is loading its data. */
  send(command: Command): Promise<RedisReply> {
    return new Promise((resolve, reject) => this.queue(command, { resolve, reject }));
  }

  /** Sends a command whose replies go to `onPush`. */
  push(command: Command): void {
    this.pushIsDue = true;
    this.write(command);
  }

  break(error: Error): void {
    if (this.broken) return;
    this.broken = error;
    this.socket.destroy();
    for (let waiter = this.waiting.shift(); waiter; waiter = this.waiting.shift()) waiter.reject(error);
    this.onBroken?.(error);
  }

  private giveUp(afterMs: number): void {
    if (!this.pushIsDue && this.waiting.isEmpty) return;
    const hint = "if a script does not end, SCRIPT KILL or a restart of Redis ends it";
    this.break(new Error(`no answer within ${afterMs / 1000} s, but the command may have run: ${hint}`));
  }

  /** Sends AUTH and SELECT alone: nothing may follow them before they have been accepted. */
  private introduce({ username, password, database }: Address): void {
    const steps: Command[] = [];
    if (password !== undefined) steps.push(username ? ["AUTH", username, password] : ["AUTH", password]);
    if (database) steps.push(["SELECT", String(database)]);
    let missing = steps.length;
    if (missing === 0) this.ready = true;
    for (const step of steps) {
      const resolve = (reply: RedisReply) => {
        if (reply instanceof ReplyError) return this.break(new Error(reply.message));
        missing -= 1;
        if (missing > 0) return;
        this.ready = true;
        this.flush();
      };
      this.waiting.push({ resolve, reject: (error) => this.break(error) });
      const introduction = new CommandWriter();
      introduction.add(step);
      for (const part of introduction.take()) this.socket.write(part);
    }
  }

  private queue(command: Command, waiter: AwaitedReply): void {
    if (this.broken) {
      waiter.reject(this.broken);
      return;
    }
    this.waiting.push(waiter);
    this.write(command);
  }

  /** Writes a command together with the others of its request only: Redis answers everything in one write together. */
  private write(command: Command): void {
    this.writer.add(command);
    if (this.flushing) return;
    this.flushing = true;
    process.nextTick(() => {
      this.flushing = false;
      this.flush();
    });
  }

  private flush(): void {
    if (!this.ready || this.broken) return;
    const parts = this.writer.take();
    if (parts.length === 1) {
      this.socket.write(parts[0]!);
      return;
    }
    this.socket.cork();
    for (const part of parts) this.socket.write(part);
    this.socket.uncork();
  }

  private take(reply: RedisReply): void {
    this.pushIsDue = false;
    const waiter = this.waiting.shift();
    if (waiter && isLoading(reply)) waiter.reject(new Error(reply.message));
    else if (waiter) waiter.resolve(reply);
    else if (this.onPush) this.onPush(reply);
    else this.break(new Error("an unexpected reply came"));
  }
}

function openSocket({ path, host = "127.0.0.1", port = 6379, tls: isSecure = false }: Address): net.Socket {
  if (path !== undefined) return net.connect({ path });
  if (!isSecure) return net.connect({ host, port, noDelay: true, keepAlive: true });
  // A name is sent to the server, so that it shows the right certificate; an address must not be.
  const socket = tls.connect({ host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}) });
  return socket.setNoDelay(true).setKeepAlive(true);
}

/** Returns whether the reply is the error with which a server answers everything while it reads its data. */
function isLoading(reply: RedisReply): reply is ReplyError {
  return reply instanceof ReplyError && reply.message.startsWith("LOADING ");
}

/** A first-in, first-out queue, without the cost of `Array.shift` on a long array. */
class Fifo<T> {
  private items: (T | undefined)[] = [];
  private head = 0;

  get isEmpty(): boolean {
    return this.head === this.items.length;
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    if (this.head === this.items.length) return undefined;
    const item = this.items[this.head];
    this.items[this.head++] = undefined;
    if (this.head === this.items.length) {
      this.items = [];
      this.head = 0;
    } else if (this.head === 1024) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
