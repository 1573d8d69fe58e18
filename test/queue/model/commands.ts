import fc from "fast-check";
import { type NewJob, PRIORITIES } from "../../../lib/queue/job.ts";
import type { Retention } from "../../../lib/queue/worker-queue.ts";
import { START } from "../../support/redis.ts";
import { PARTS } from "../../support/store.ts";
import { CHILDREN } from "../children.ts";

export const LEASE_MS = 100_000;
const MAX_RETRIES = 2;
const kept = { ageMs: 500_000, keep: 3 };
export const RETENTION: Retention = { completed: kept, failed: kept, cancelled: { ageMs: 1_000, keep: 100 } };

/** A payload that gets a key of its own. */
const LARGE = JSON.stringify('"job_id":'.repeat(150));
/** A due member of `scheduled` whose schedule is gone. */
export const GONE = "cron:every minute";
export const SCHEDULES = ["a", "b"] as const;

/** A number of a job. Three jobs get most of the verbs, for faults show after several attempts. */
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
    expires: fc.record({ afterMs: fc.constantFrom(1, 1_000, LEASE_MS), from: fc.constantFrom("submit", "run") }),
    unique: fc.record({
      hash: fc.constantFrom("k", "k", "l"),
      until: fc.constantFrom("finished" as const, "finished" as const, "started" as const, 36_000_000),
    }),
    payload: fc.constantFrom('"p"', "[]", '{"n":12345678901234567890}', '"ü"', LARGE),
  },
  { requiredKeys: ["id", "task", "priority", "maxRetries", "createdAt"] },
);

/** An attempt by its age, the latest first: mostly a running one, often a late one. */
const attempt = fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 3 }) }, { weight: 1, arbitrary: fc.nat({ max: 20 }) });
export const ending = fc.record({
  attempt,
  outcome: fc.constantFrom("completed", "retry", "failed", "deferred", "snoozed", "released"),
  delayMs: fc.constantFrom(0, 1, 1_000),
  result: fc.option(fc.constantFrom("[]", "1", '"r"'), { nil: undefined }),
  startedAt: fc.option(fc.constantFrom(START, START + 1), { nil: undefined }),
  whole: fc.option(fc.constantFrom('{"stack":"at a"}', '{"stack":"at b"}'), { nil: undefined }),
  log: fc.option(fc.constantFrom('["one"]', '["two"]'), { nil: undefined }),
  message: fc.constantFrom("", '"},{"attempt":1', ',"attempts":[', '"job_id":"x"', "\\\n\u2028ü", "]}"),
});
export const lease = fc.record({
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

/** What a worker fires, mostly of what is due: the slot and the revision may be those of before. */
export const fired = fc.record({
  name: fc.constantFrom(...SCHEDULES),
  isLate: fc.constantFrom(false, false, false, true),
  rev: fc.constantFrom("one", "one", "two"),
  overlap: fc.constantFrom("skip", "allow"),
  nextMs: fc.option(fc.constantFrom(-1, 1, 1_000), { freq: 8, nil: undefined }),
  /** Numbers of jobs, which are this schedule's alone. */
  jobs: fc.uniqueArray(fc.nat({ max: 3 }), { maxLength: 2, size: "max" }),
  jitterMs: fc.constantFrom(0, 0, 1_000),
});
/** A job by its number, or by one of its attempts. */
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
export const EVICTED = ["records", ...Object.values(PARTS)] as const;
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
      fire: fc.uniqueArray(fired, { maxLength: 2, selector: ({ name }) => name }),
      claim: fc.option(claim, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: target.map((of) => ({ verb: "cancel" as const, of })) },
  { weight: 3, arbitrary: target.map((of) => ({ verb: "redrive" as const, of })) },
  { weight: 3, arbitrary: target.map((of) => ({ verb: "runNow" as const, of })) },
  {
    weight: 2,
    arbitrary: fc.record({
      verb: fc.constant("delete" as const),
      ofs: fc.array(target, { minLength: 1, maxLength: 3 }),
      only: fc.constantFrom("", "", "failed", "pending"),
    }),
  },
  { weight: 2, arbitrary: target.map((of) => ({ verb: "status" as const, of })) },
  { weight: 4, arbitrary: fanOuts(fc.option(ending, { nil: undefined })) },
  { weight: 1, arbitrary: fc.constant({ verb: "trim" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      verb: fc.constant("pause" as const),
      what: fc.constantFrom("", "t", "u"),
      forMs: fc.constantFrom(undefined, 0, 1_000, LEASE_MS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("", "t", "u").map((what) => ({ verb: "resume" as const, what })),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      verb: fc.constant("schedule" as const),
      name: fc.constantFrom(...SCHEDULES),
      rev: fc.constantFrom("one", "two", ""),
      nextMs: fc.constantFrom(-1, 0, 1_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(1, 1_000, LEASE_MS - 1, LEASE_MS, 600_000, -1)
      .map((ms) => ({ verb: "wait" as const, ms })),
  },
  // A reply was lost: the same call again, immediately (0) or after others.
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
/** One verb, or something that happens to the queue. */
export type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

/** An attempt that submits jobs and fails, and the attempt after it: rare if left to chance. */
const retried = fc
  .tuple(
    fanOuts(ending.map((each) => ({ ...each, outcome: "retry" as const, delayMs: 0 as const }))),
    claim,
    fanOuts(fc.constant(undefined)),
  )
  .map(([first, each, second]): Command[] => {
    const again = { ...each, count: 4, holding: 0 as const, sweep: true as const };
    return [first, { verb: "step", settle: [], extend: [], fire: [], claim: again }, second];
  });
/** A task is paused while a worker holds some of its jobs and others are ready; then one is given back, or cancelled: as rare. */
const parked = fc
  .tuple(
    fc.uniqueArray(newJob, { minLength: 2, maxLength: 4, selector: ({ id }) => id, size: "max" }),
    claim,
    ending,
    which,
  )
  .map(([jobs, each, end, n]): Command[] => {
    const nothing = { verb: "step" as const, settle: [], extend: [], fire: [] };
    const all = { ...each, holding: 0 as const, sweep: true as const };
    return [
      { verb: "submit", jobs: jobs.map((job) => ({ ...job, task: "t" })) },
      { ...nothing, claim: { ...all, count: 1 } },
      { verb: "pause", what: "t", forMs: undefined },
      { ...nothing, claim: { ...all, count: 4 } },
      { ...nothing, settle: [{ ...end, attempt: 0, outcome: "released" as const }], claim: undefined },
      { verb: "cancel", of: { n } },
    ];
  });
/** A job is cancelled, another takes its unique key, and the first is put back: as rare. */
const rivals = fc.tuple(newJob, newJob, any, any).map(([first, second, n, m]): Command[] => {
  const unique = { hash: "k", until: "finished" as const };
  return [
    { verb: "submit", jobs: [{ ...first, id: idOf(n), unique }] },
    { verb: "cancel", of: { n } },
    { verb: "submit", jobs: [{ ...second, id: idOf(m), unique }] },
    { verb: "redrive", of: { n } },
  ];
});
/** Verbs, one after another. */
export const sequence = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: command.map((each) => [each]) },
      { weight: 1, arbitrary: retried },
      { weight: 1, arbitrary: parked },
      { weight: 1, arbitrary: rivals },
    ),
    {
      ...{ minLength: 1, maxLength: 60, size: "max" },
    },
  )
  .map((parts) => parts.flat());

export function idOf(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
}
