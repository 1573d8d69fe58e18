/** A request of Upstash's REST protocol: a command, or several under the path `pipeline`. */
export interface UpstashRequest {
  path?: string[];
  body?: unknown;
}

/** The answer to one command. */
export interface UpstashResponse<Result> {
  result?: Result;
  error?: string;
}

/** Sends requests to the database. */
export interface Requester {
  request<Result>(request: UpstashRequest): Promise<UpstashResponse<Result>>;
}

/** The runs of scripts: by their text, or by its hash. */
interface ScriptRuns<Sent> {
  eval(text: string, keys: string[], args: string[]): Sent;
  evalsha(sha: string, keys: string[], args: string[]): Sent;
}

/** Scripts that are sent as one request. `exec` resolves with an answer for each. */
interface Pipeline extends ScriptRuns<Pipeline> {
  exec(options: { keepErrors: true }): Promise<UpstashResponse<unknown>[]>;
}

/** How `zrange` reads. */
export interface ZrangeOptions {
  byScore?: boolean;
  rev?: boolean;
  offset?: number;
  count?: number;
  withScores?: boolean;
}

/**
 * The commands of Redis that the queue sends. A client of `@upstash/redis` has these methods too; the package knows them by
 * their shape alone, because an application need not have that client.
 */
export interface Redis extends ScriptRuns<Promise<unknown>> {
  dbsize(): Promise<number>;
  exists(...keys: string[]): Promise<number>;
  hget(key: string, field: string): Promise<string | null>;
  hvals(key: string): Promise<unknown[]>;
  mget(...keys: string[]): Promise<(string | null)[]>;
  zrange(
    key: string,
    min: string | number,
    max: string | number,
    options?: ZrangeOptions,
  ): Promise<(string | number)[]>;
  pipeline(): Pipeline;
}
