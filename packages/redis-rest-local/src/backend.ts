/** A simple string reply (`+OK`), told apart from a bulk string because the REST protocol encodes the two differently. */
export class StatusReply {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An error reply (`-ERR …`), without the leading dash. It is returned, not thrown, since it is an answer like any other. */
export class ReplyError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** One RESP2 reply. A bulk string is bytes; an integer beyond 2^53 is a bigint; both nils (bulk and array) are null. */
export type RedisReply = number | bigint | Buffer | StatusReply | ReplyError | null | RedisReply[];

/** A command's name and arguments. A string stands for its UTF-8 bytes. */
export type Command = readonly (string | Buffer)[];

/**
 * A Redis that the gateway can stand in front of: a server behind a socket, or the embedded engine.
 *
 * Every method rejects with an `Error` (never a `ReplyError`) when the backend is out of reach.
 */
export interface Backend {
  /** Runs one command. Commands sent in one tick run in the order in which they were sent. */
  send(command: Command): Promise<RedisReply>;

  /** Runs commands as MULTI … EXEC with nothing in between. Resolves to a `ReplyError` if all of it was discarded. */
  transaction(commands: readonly Command[]): Promise<RedisReply[] | ReplyError>;

  /**
   * Runs SUBSCRIBE, PSUBSCRIBE or MONITOR on a connection of its own. `onReply` gets the first reply and every pushed one;
   * `onEnd` is called once if the backend ends it. Resolves to a function that stops it.
   */
  stream(command: Command, onReply: (reply: RedisReply) => void, onEnd: () => void): Promise<() => void>;

  /** Returns what to tell a caller about a command that is missing: which store this is, and what to do. */
  lacks(): Promise<string>;

  close(): Promise<void>;
}
