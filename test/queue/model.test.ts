import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { type NewJob, PRIORITIES } from "../../lib/queue/job.ts";
import type {
  Claimed,
  ClaimedJob,
  Ending,
  Lease,
  Retention,
  StepRequest,
  WorkerQueue,
} from "../../lib/queue/worker-queue.ts";
import { START, useRedis } from "../support/redis.ts";
import { type Contents, PARTS } from "../support/store.ts";
import { CHILDREN, fanOut } from "./children.ts";
import { expectSound } from "./invariants.ts";
import { Model } from "./model.ts";

/** How many sequences to run, however long it takes. Otherwise as many as fit into some seconds, at most 150. */
const RUNS = process.env.MODEL_RUNS === undefined ? undefined : Number(process.env.MODEL_RUNS);
const BOUNDS = RUNS === undefined ? { numRuns: 150, interruptAfterTimeLimit: 15_000 } : { numRuns: RUNS };
/** To see the same sequences again. */
const SEED = Number(process.env.MODEL_SEED ?? 1_746);

const LEASE_MS = 100_000;
const MAX_RETRIES = 2;
const kept = { ageMs: 500_000, keep: 3 };
const RETENTION: Retention = { completed: kept, failed: kept, cancelled: { ageMs: 1_000, keep: 100 } };

/** With a key of its own. */
const LARGE = JSON.stringify('"job_id":'.repeat(150));
const SLOT = "cron:every minute";

const redis = useRedis();

/** A few jobs have most of the lives: an attempt after an attempt is where promises break. */
const any = fc.nat({ max: 9 });
const which = fc.oneof({ weight: 2, arbitrary: fc.nat({ max: 2 }) }, { weight: 1, arbitrary: any });
const newJob: fc.Arbitrary<NewJob> = fc.record(
  {
    id: which.map(idOf),
    task: fc.constantFrom("t", "u"),
    priority: fc.constantFrom(...PRIORITIES),
    maxRetries: fc.nat({ max: MAX_RETRIES }),
    createdAt: fc.constant(START),
    when: fc.oneof(
      fc.constantFrom(0, 1, 1_000, LEASE_MS).map((delayMs) => ({ delayMs })),
      fc.constantFrom(-1, 1, 2_000).map((ms) => ({ at: START + ms })),
    ),
    payload: fc.constantFrom('"p"', "[]", '{"n":12345678901234567890}', '"ü"', LARGE),
  },
  { requiredKeys: ["id", "task", "priority", "maxRetries", "createdAt"] },
);

/** Which of all that was ever handed out, the latest first: mostly a running attempt, often a late one. */
const attempt = fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 3 }) }, { weight: 1, arbitrary: fc.nat({ max: 20 }) });
const ending = fc.record({
  attempt,
  outcome: fc.constantFrom("completed", "retry", "failed", "deferred", "snoozed", "released"),
  delayMs: fc.constantFrom(0, 1, 1_000),
  result: fc.option(fc.constantFrom("[]", "1", '"r"'), { nil: undefined }),
  startedAt: fc.option(fc.constantFrom(START, START + 1), { nil: undefined }),
  whole: fc.option(fc.constantFrom('{"stack":"at a"}', '{"stack":"at b"}'), { nil: undefined }),
  log: fc.option(fc.constantFrom('["one"]', '["two"]'), { nil: undefined }),
  message: fc.constantFrom("", '"},{"attempt":1', ',"attempts":[', '"job_id":"x"', "\\\n\u2028ü", "]}"),
});
const lease = fc.record({
  attempt,
  startedAt: fc.option(fc.constantFrom(START, START + 2), { nil: undefined }),
  progress: fc.option(
    fc.record(
      { percent: fc.nat({ max: 100 }), note: fc.constantFrom('"token":"x",', "half") },
      { requiredKeys: ["percent"] },
    ),
    { nil: undefined },
  ),
});
const claim = fc.record(
  {
    worker: fc.constantFrom("v", "w", "eu.w-3"),
    lowestFirst: fc.constantFrom(false, false, true),
    count: fc.nat({ max: 4 }),
    holding: fc.constantFrom(0, 0, 1),
    arrived: fc.boolean(),
    againMs: fc.constantFrom(0, 5_000),
    sweep: fc.constantFrom(true, true, true, false),
    tasks: fc.constantFrom(["t"], ["t", "u"]),
  },
  { requiredKeys: ["worker", "lowestFirst", "count", "arrived"] },
);

/** Any job by its number, or one that was handed out: what happened to it in an attempt must not show in a later life. */
const target = fc.oneof(
  { weight: 1, arbitrary: which.map((n) => ({ n })) },
  { weight: 2, arbitrary: attempt.map((attempt) => ({ attempt })) },
);
const fanOuts = <E>(ends: fc.Arbitrary<E>) =>
  fc.record({
    verb: fc.constant("fanOut" as const),
    attempt,
    count: fc.integer({ min: 1, max: CHILDREN.length }),
    ends,
  });
const EVICTED = ["records", ...Object.values(PARTS)] as const;
const few = <T>(each: fc.Arbitrary<T>) => fc.array(each, { maxLength: 3, size: "max" });
const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .uniqueArray(newJob, { minLength: 1, maxLength: 4, selector: ({ id }) => id, size: "max" })
      .map((jobs) => ({ verb: "submit" as const, jobs })),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      verb: fc.constant("step" as const),
      settle: few(ending),
      extend: few(lease),
      claim: fc.option(claim, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: target.map((of) => ({ verb: "cancel" as const, of })) },
  { weight: 3, arbitrary: target.map((of) => ({ verb: "redrive" as const, of })) },
  { weight: 2, arbitrary: target.map((of) => ({ verb: "status" as const, of })) },
  { weight: 4, arbitrary: fanOuts(fc.option(ending, { nil: undefined })) },
  { weight: 1, arbitrary: fc.constant({ verb: "trim" as const }) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(1, 1_000, LEASE_MS - 1, LEASE_MS, 600_000, -1)
      .map((ms) => ({ verb: "wait" as const, ms })),
  },
  // A reply was lost: the same call again, at once (0) or after others.
  { weight: 4, arbitrary: fc.nat({ max: 4 }).map((back) => ({ verb: "again" as const, back })) },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant("evict" as const),
      id: any.map(idOf),
      part: fc.constantFrom(...EVICTED),
    }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** What was tried: sequences, and jobs that attempts submitted for the first time or once more. */
const counts = { sequences: 0, accepted: 0, exists: 0 };
/** An attempt that submits and fails, and the next ones: left to chance they would be rare. */
const retried = fc
  .tuple(
    fanOuts(ending.map((each) => ({ ...each, outcome: "retry" as const, delayMs: 0 as const }))),
    claim,
    fanOuts(fc.constant(undefined)),
  )
  .map(([first, each, second]): Command[] => {
    const again = { ...each, count: 4, holding: 0 as const, sweep: true as const };
    return [first, { verb: "step", settle: [], extend: [], claim: again }, second];
  });
const sequence = fc
  .array(fc.oneof({ weight: 12, arbitrary: command.map((each) => [each]) }, { weight: 1, arbitrary: retried }), {
    ...{ minLength: 1, maxLength: 60, size: "max" },
  })
  .map((parts) => parts.flat());

it("all sequences of verbs leave the store as a plain model of the queue says", {
  timeout: 3_600_000,
}, async () => {
  const runs = fc.asyncProperty(sequence, async (commands) => {
    counts.sequences++;
    const trial = new Trial();
    try {
      for (const each of commands) await trial.run(each);
    } finally {
      await trial.clear();
    }
  });
  await fc.assert(runs, { ...BOUNDS, seed: SEED });
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0);
});

// What follows an unknown script in a round trip runs twice (scripts-cache.test.ts), and the second time drops nothing.
beforeAll(async () => {
  const { queue } = redis.queue();
  const of = { id: idOf(0), token: "w.1" };
  for (let i = 0; i < 2; i++)
    await queue.step({
      settle: [{ ...of, outcome: "released" }],
      extend: [of],
      claim: { token: "w.1", count: 0, arrived: true },
    });
});

/** One sequence on a queue of its own, and on the model. */
class Trial {
  readonly #of = redis.queue({ leaseMs: LEASE_MS, retention: RETENTION, wakeMs: 60_000 });
  readonly #model = new Model({ now: START, leaseMs: LEASE_MS, retention: RETENTION });
  readonly #handedOut: ClaimedJob[] = [];
  readonly #evicted = new Set<string>();
  readonly #calls: (() => Promise<void>)[] = [];
  #serial = 0;

  constructor() {
    redis.clock.now = START;
  }

  async run(command: Command): Promise<void> {
    if (this.#serial === 0) await this.#plan();
    if (command.verb === "wait") await this.#wait(command.ms);
    else if (command.verb === "evict") await this.#evict(command.id, command.part);
    else if (command.verb === "again") await this.#calls.at(-1 - command.back)?.();
    else {
      const call = this.#callOf(command);
      this.#calls.push(call);
      await call();
    }
    const contents = await this.#contents();
    expect(contents).toEqual(this.#model.all());
    expectSound(contents, this.#evicted);
  }

  async clear(): Promise<void> {
    const keys = (await redis.redis.keys(`{${this.#of.prefix}}:*`)) as string[];
    if (keys.length > 0) await redis.redis.unlink(...keys);
  }

  /** The call with all that it says decided, so that it can be sent again word for word. */
  #callOf(command: Exclude<Command, { verb: "wait" | "evict" | "again" }>): () => Promise<void> {
    const { queue } = this.#of;
    const model = this.#model;
    const serial = ++this.#serial;
    const id = "of" in command ? this.#idOf(command.of) : "";
    switch (command.verb) {
      case "submit":
        return async () => {
          // An id whose record was evicted is not submitted anew: its old id is still listed.
          if (command.jobs.some(({ id }) => this.#evicted.has(id))) return;
          expect(withoutWake(await queue.submit(command.jobs))).toEqual(model.submit(command.jobs));
        };
      case "cancel":
        return async () => expect(await queue.cancel(id)).toEqual(model.cancel(id));
      case "redrive":
        return async () => {
          const request = `r${serial}`;
          expect(withoutWake(await queue.redrive(id, request))).toEqual(model.redrive(id, request));
        };
      case "status":
        return async () => expect(await queue.status(id)).toEqual(model.status(id));
      case "fanOut": {
        const parent = this.#handedOut[command.attempt];
        const settle = command.ends ? this.#endingOf({ ...command.ends, attempt: command.attempt }) : [];
        return async () => {
          if (parent) await this.#fanOut(queue, parent, command.count);
          if (settle.length > 0) await this.#step(queue, { settle });
        };
      }
      case "trim":
        return async () => expect(await queue.trim()).toEqual(model.trim());
      case "step": {
        const step: StepRequest = {
          settle: command.settle.flatMap((each) => this.#endingOf(each)),
          extend: command.extend.flatMap((each) => this.#leaseOf(each)),
          claim: command.claim && { ...command.claim, token: tokenOf(command.claim, serial) },
        };
        return () => this.#step(queue, step);
      }
    }
  }

  #idOf(of: { n: number } | { attempt: number }): string {
    return "n" in of ? idOf(of.n) : (this.#heldAs(of.attempt)?.id ?? idOf(of.attempt));
  }

  #heldAs(attempt: number): { id: string; token: string } | undefined {
    const handedOut = this.#handedOut[attempt];
    return handedOut && { id: handedOut.job.id, token: handedOut.token };
  }

  /** An attempt, on time or late, submits jobs. */
  async #fanOut(queue: WorkerQueue, parent: ClaimedJob, count: number): Promise<void> {
    if (parent.payload === undefined && parent.job.payloadBytes) return; // Redis has lost it: no run
    for (const { place, job, answer } of await fanOut(queue, parent, count)) {
      expect(withoutWake(answer)).toEqual(this.#model.submitChild(parent.job.id, place, job));
      if (answer.outcome !== "full") counts[answer.outcome]++;
    }
  }

  /** A member of `scheduled` that is no job, due in a second. */
  async #plan(): Promise<void> {
    this.#serial++;
    await redis.redis.zadd(this.#of.keys.scheduled, { score: START + 1_000, member: SLOT });
    this.#model.plan(SLOT, START + 1_000);
  }

  async #step(queue: WorkerQueue, { settle = [], extend = [], claim }: StepRequest): Promise<void> {
    const before = await this.#contents();
    const someHeld = [...this.#model.records.values()].some(({ held_until }) => held_until !== undefined);
    const { settled, extended, claimed } = await queue.step({ settle, extend, claim });
    expect(settled).toEqual(this.#model.settle(settle));
    expect(extended).toEqual(this.#model.extend(extend));
    if (claim && claimed) {
      expect(answerOf(claimed)).toEqual(this.#model.claim(claim));
      this.#handedOut.unshift(...claimed.jobs);
    } else if ([...settled, ...extended].every((word) => word === "lost" || (word === "cancelled" && !someHeld))) {
      // Who is told of a cancelled job that is held for it brings its retry forward: the model says that.
      expect(await this.#contents(), "what a late worker says changes nothing").toEqual(before);
    }
  }

  #endingOf({ attempt, outcome, ...more }: typeof ending extends fc.Arbitrary<infer E> ? E : never): Ending[] {
    const of = this.#heldAs(attempt);
    if (!of) return [];
    const { retries, max_retries } = this.#model.records.get(of.id) ?? { retries: 0, max_retries: 0 };
    const { delayMs, result, message, startedAt, whole, log } = more;
    if (outcome === "completed") return [{ ...of, outcome, result, startedAt, log }];
    if (outcome === "released") return [{ ...of, outcome }];
    if (outcome === "deferred" || outcome === "snoozed") return [{ ...of, outcome, delayMs, log }];
    const failure = { ...of, startedAt, error: "Boom", message, whole, log };
    if (outcome === "retry" && retries < max_retries) return [{ ...failure, outcome, delayMs }];
    return [{ ...failure, outcome: "failed" }];
  }

  #leaseOf({ attempt, progress, startedAt }: typeof lease extends fc.Arbitrary<infer L> ? L : never): Lease[] {
    const of = this.#heldAs(attempt);
    return of ? [{ ...of, startedAt, ...(progress ? { progress } : {}) }] : [];
  }

  /** Moves the clock; what a claim took is forgotten with its lease, as Redis would by its own clock. */
  async #wait(ms: number): Promise<void> {
    redis.clock.now += ms;
    this.#model.now += ms;
    const forgotten = [...this.#model.claims].filter(([, { until }]) => until <= this.#model.now);
    for (const [token] of forgotten) {
      this.#model.claims.delete(token);
      await redis.redis.del(this.#of.keys.claimed(token));
    }
  }

  async #evict(id: string, part: (typeof EVICTED)[number]): Promise<void> {
    if (!this.#model[part].delete(id)) return;
    if (part === "records") this.#evicted.add(id);
    const [suffix] = Object.entries(PARTS).find(([, name]) => name === part) ?? [""];
    await redis.redis.del(`${this.#of.keys.jobPrefix}${id}${suffix}`);
  }

  async #contents(): Promise<Contents> {
    const { wake: _, linger: __, ...contents } = await this.#of.store.all();
    return contents;
  }
}

function idOf(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
}

/** Where 20 divides the number, the lowest priority comes first. */
function tokenOf({ worker, lowestFirst }: { worker: string; lowestFirst: boolean }, serial: number): string {
  return `${worker}.${serial * 20 + (lowestFirst ? 0 : 1)}`;
}

function withoutWake({ wake: _, ...answer }: { outcome: string; wake?: boolean }) {
  return answer;
}

function answerOf({ wake: _, claimAgainAt: __, ...answer }: Claimed) {
  return answer;
}
