import { expect, test } from "vitest";
import { useRedis } from "../support/redis.ts";
import type { SCRIPTS } from "../support/scripts.ts";
import { cancels, redrives } from "./replay/cancel.ts";
import { claims, extensions } from "./replay/claim.ts";
import { type Case, LEASE_MS } from "./replay/events.ts";
import { deletes, runNows } from "./replay/life.ts";
import { limits } from "./replay/limit.ts";
import { pausedCancels, pausedClaims, pauses, resumes } from "./replay/pause.ts";
import { charts, heads, records, rolls, stats } from "./replay/reads.ts";
import { agendas, declares, fires, schedules, suspends, unschedules } from "./replay/schedules.ts";
import { settles } from "./replay/settle.ts";
import { submits } from "./replay/submit.ts";
import { trims } from "./replay/trim.ts";
import {
  uniqueCancels,
  uniqueClaims,
  uniqueDeletes,
  uniqueRedrives,
  uniqueRunNows,
  uniqueSettles,
  uniqueSubmits,
} from "./replay/unique.ts";

const redis = useRedis();

/** The cases of every script. */
const CASES: Record<keyof typeof SCRIPTS, Case[]> = {
  submit: [...submits, ...uniqueSubmits],
  claim: [...claims, ...uniqueClaims, ...pausedClaims],
  settle: [...settles, ...uniqueSettles],
  extend: extensions,
  cancel: [...cancels, ...uniqueCancels, ...pausedCancels],
  redrive: [...redrives, ...uniqueRedrives],
  runNow: [...runNows, ...uniqueRunNows],
  delete: [...deletes, ...uniqueDeletes],
  pause: pauses,
  resume: resumes,
  trim: trims,
  stats,
  records,
  chart: charts,
  roll: rolls,
  heads,
  limit: limits,
  agenda: agendas,
  schedule: schedules,
  unschedule: unschedules,
  suspend: suspends,
  declare: declares,
  fire: fires,
};

const replays = Object.entries(CASES).flatMap(([script, cases]) =>
  cases.flatMap(({ name, again, ...of }) =>
    again.map(({ after, ...replay }) => {
      const when = after === undefined ? "immediately" : `after ${after}`;
      return [`${script} ${name} may be sent again ${when}`, { ...of, ...replay }] as const;
    }),
  ),
);

test.each(replays)("%s", async (_, { arrange = [], call, first, events = [], answer, changes }) => {
  const { queue, store, keys } = redis.queue({ leaseMs: LEASE_MS, wakeMs: 60_000 });
  for (const event of arrange) await event(queue, keys, redis);
  expect(await call(queue, keys, redis)).toEqual(answerLike(first));
  for (const event of events) await event(queue, keys, redis);
  const before = await store.all();
  expect(await call(queue, keys, redis)).toEqual(answerLike(answer));
  expect(await store.all()).toEqual(changes ? changes(before, redis.clock.now) : before);
});

/** Matches the fields that `expected` has, and anything but an object whole. */
function answerLike(expected: unknown): unknown {
  if (Array.isArray(expected)) return expected.map(answerLike);
  if (typeof expected !== "object" || expected === null || expected instanceof Map) return expected;
  return expect.objectContaining(
    Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, answerLike(value)])),
  );
}
