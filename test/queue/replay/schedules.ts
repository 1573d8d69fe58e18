import type { Keys } from "../../../lib/queue/keys.ts";
import type { ScheduleEntry } from "../../../lib/queue/schedule-store.ts";
import { ScheduleStore } from "../../../lib/queue/schedule-store.ts";
import { START, type useRedis } from "../../support/redis.ts";
import { definition, firingOf } from "../../support/schedules.ts";
import { type Case, claimedBy, type Event, move } from "./events.ts";

const NEXT = START + 60_000;
const hourly: ScheduleEntry = { name: "hourly", json: definition("one"), next: NEXT };
const paused: ScheduleEntry = { name: "hourly", json: hourly.json, pausedUntil: Number.POSITIVE_INFINITY };
const coded = { name: "coded", json: definition("two", { source: "code" }), next: NEXT };

function storeOf(keys: Keys, { redis, clock }: ReturnType<typeof useRedis>): ScheduleStore {
  const [, prefix] = /^{(.*)}/.exec(keys.queue)!;
  return new ScheduleStore(redis, { prefix: prefix!, now: () => clock.now });
}

const put: Event = (_, keys, redis) => storeOf(keys, redis).put("hourly", hourly.json, { next: NEXT }, undefined);
const deleted: Event = (_, keys, redis) => storeOf(keys, redis).delete("hourly");
const pause: Event = (_, keys, redis) => storeOf(keys, redis).pause(hourly, undefined, undefined);
const resume: Event = (_, keys, redis) => storeOf(keys, redis).resume(paused, NEXT);

export const agendas: Case[] = [
  {
    name: "of one schedule",
    arrange: [put],
    call: (_, keys, redis) => storeOf(keys, redis).read(["hourly"]),
    first: { now: START, entries: [hourly] },
    again: [{ answer: { entries: [hourly] } }],
  },
  {
    name: "of a page",
    arrange: [put],
    call: (_, keys, redis) => storeOf(keys, redis).list(),
    first: { now: START, total: 1, entries: [hourly] },
    again: [{ answer: { entries: [hourly] } }],
  },
];

export const schedules: Case[] = [
  {
    name: "of a new schedule",
    call: put,
    first: "put",
    again: [
      { answer: "put" },
      { after: "it was paused", events: [pause], answer: "changed" },
      {
        after: "it was deleted, and makes it once more",
        events: [deleted],
        answer: "put",
        changes: () => ({ schedules: { hourly: hourly.json }, scheduled: { "cron:hourly": NEXT } }),
      },
    ],
  },
];

export const unschedules: Case[] = [
  { name: "of a schedule", arrange: [put], call: deleted, first: "deleted", again: [{ answer: "missing" }] },
];

export const suspends: Case[] = [
  {
    name: "of a schedule",
    arrange: [put],
    call: pause,
    first: "done",
    again: [{ answer: "done" }, { after: "it was deleted", events: [deleted], answer: "missing" }],
  },
  {
    name: "of a paused schedule, to go on",
    arrange: [put, pause],
    call: resume,
    first: "done",
    again: [{ answer: "done" }, { after: "it was deleted", events: [deleted], answer: "missing" }],
  },
];

export const declares: Case[] = [
  {
    name: "of one schedule",
    call: (_, keys, redis) =>
      storeOf(keys, redis).declare({ hash: "h", names: ["coded"] }, [{ ...coded, seen: undefined }], undefined),
    first: "declared",
    again: [{ answer: "changed" }],
  },
];

const firing = { ...firingOf(NEXT), name: "hourly" };

export const fires: Case[] = [
  {
    name: "of one slot",
    arrange: [put, move(60_000)],
    call: (queue) => queue.step({ fire: [firing] }),
    first: { fired: [["fired"]] },
    again: [
      { answer: { fired: [["lost"]] } },
      { after: "its job was claimed", events: [claimedBy("w")], answer: { fired: [["lost"]] } },
      { after: "the schedule was deleted", events: [deleted], answer: { fired: [["lost"]] } },
    ],
  },
];
