import type { Backend, RedisReply } from "../../../packages/redis-rest-local/src/backend.ts";
import type { FormatScript } from "./fixture.ts";

/** What 0.2.0 says of how an attempt ended: its outcome, its delay, and the details of that outcome. */
export interface OldEnding {
  outcome: "completed" | "retry" | "failed" | "deferred" | "snoozed" | "released";
  delayMs?: number;
  details: string[];
}

const CLAIM_BYTES = 4 * 1024 * 1024;

/**
 * The verbs of 0.2.0: its scripts, from the fixture, with the arguments that its TypeScript gave them. Nothing of `lib` is
 * used, so this stays as it is when `lib` changes.
 */
export class OldVersion {
  readonly #store: Backend;
  readonly #scripts: Record<string, FormatScript>;
  readonly #root: string;
  readonly #now: () => number;

  constructor(store: Backend, scripts: Record<string, FormatScript>, root: string, now: () => number) {
    this.#store = store;
    this.#scripts = scripts;
    this.#root = root;
    this.#now = now;
  }

  submit(id: string, record: string, place = "normal"): Promise<unknown> {
    return this.#run("submit", {}, { wakeMs: 5_000, soonMs: 10_000, maxWaiting: 0 }, [id, record, place, ""]);
  }

  claim({ token, count, tasks = "" }: { token: string; count: number; tasks?: string }): Promise<unknown> {
    const settings = `30000 10000 5000 ${CLAIM_BYTES} 100 50 0 1 ${tasks}`;
    const keys = { claimed: `${this.#root}job_queue:claim:${token}` };
    return this.#run("claim", keys, { token, count, holding: 0, arrived: 1, againMs: 0, sweep: 1, settings });
  }

  settle(id: string, token: string, { outcome, delayMs, details }: OldEnding): Promise<unknown> {
    const group = [outcome, token, "", delayMs === undefined ? "" : String(delayMs), id, String(details.length)];
    return this.#run("settle", {}, { keepsHistory: 1 }, [...group, ...details]);
  }

  extend(id: string, token: string, progress: string): Promise<unknown> {
    return this.#run("extend", {}, { leaseMs: 30_000 }, [id, token, "", progress]);
  }

  cancel(id: string): Promise<unknown> {
    return this.#run("cancel", this.#record(id), { leaseMs: 30_000, id, keepsHistory: 1 });
  }

  redrive(id: string, request: string): Promise<unknown> {
    return this.#run("redrive", this.#record(id), { id, request, wakeMs: 5_000 });
  }

  trim(): Promise<unknown> {
    const hour = 3_600_000;
    const rules = [24 * hour, 100_000, 7 * 24 * hour, 100_000, 24 * hour, 100_000].map(String);
    return this.#run("trim", {}, { limit: 500 }, rules);
  }

  stats(): Promise<unknown> {
    return this.#run("stats", {}, {});
  }

  records(...ids: string[]): Promise<unknown> {
    return this.#run("records", {}, { bytes: 2_000_000, limit: ids.length, task: "", priority: "", retries: "" }, ids);
  }

  limit(caller: string): Promise<unknown> {
    const keys = { allowance: `${this.#root}job_queue:allowance:${caller}` };
    return this.#run("limit", keys, { allowed: 7, periodMs: 60_000, jobs: 1 });
  }

  #record(id: string) {
    return { record: `${this.#root}job:${id}` };
  }

  async #run(
    name: string,
    more: Record<string, string>,
    named: Record<string, string | number>,
    rest: readonly string[] = [],
  ): Promise<unknown> {
    const script = this.#scripts[name]!;
    const keys: Record<string, string> = { queue: `${this.#root}job_queue`, ...more };
    const args: Record<string, string | number> = { now: this.#now(), ...named };
    const given = [...script.keys.map((key) => keys[key]!), ...script.args.map((arg) => String(args[arg]!)), ...rest];
    const reply = await this.#store.send(["EVAL", script.text.join("\n"), String(script.keys.length), ...given]);
    return plain(name, reply);
  }
}

function plain(script: string, reply: RedisReply): unknown {
  if (Array.isArray(reply)) return reply.map((each) => plain(script, each));
  if (Buffer.isBuffer(reply)) return String(reply);
  if (typeof reply === "object" && reply !== null && "message" in reply)
    throw new Error(`${script} of 0.2.0 failed: ${reply.message}`);
  return reply;
}
