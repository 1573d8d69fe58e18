import { expect, test } from "vitest";
import { keysOf } from "../../lib/queue/keys.ts";
import { lookedAt, mustLook } from "../../lib/queue/look.ts";
import { useRedis } from "../support/redis.ts";

const redis = useRedis();

const WORDS = ["high", "normal", "low", "suspects", "leases", "paused", "asleep", "scheduled"] as const;
type Word = (typeof WORDS)[number];
const KEYS = keysOf();
const named = lookedAt(KEYS);
const sumOf = (there: readonly Word[]) => named.filter((key) => there.some((word) => KEYS[word] === key)).length;

const TABLE: {
  lists: boolean;
  leases: boolean;
  paused: boolean;
  asleep: boolean;
  scheduled: boolean;
  looks: boolean;
}[] = [0, 1].flatMap((lists) =>
  [0, 1].flatMap((leases) =>
    [
      // what                                                   nothing  lists  leases  both
      { paused: false, asleep: false, scheduled: false, looks: [false, true, true, true] },
      { paused: false, asleep: true, scheduled: false, looks: [false, true, true, true] },
      { paused: false, asleep: false, scheduled: true, looks: [true, true, true, true] },
      { paused: false, asleep: true, scheduled: true, looks: [false, true, true, true] },
      { paused: true, asleep: false, scheduled: false, looks: [false, false, true, true] },
      { paused: true, asleep: true, scheduled: false, looks: [false, false, true, true] },
      { paused: true, asleep: false, scheduled: true, looks: [true, true, true, true] },
      { paused: true, asleep: true, scheduled: true, looks: [false, false, true, true] },
    ].map(({ looks, ...rest }) => ({
      lists: lists === 1,
      leases: leases === 1,
      ...rest,
      looks: looks[lists + 2 * leases]!,
    })),
  ),
);

test.each(TABLE)(
  "a tick looks: $looks, with ready jobs $lists, running ones $leases, a pause $paused, a sleep $asleep, something scheduled $scheduled",
  ({ lists, looks, ...there }) => {
    const others = (Object.keys(there) as (keyof typeof there)[]).filter((word) => there[word]);
    const ready: Word[][] = lists
      ? [["high"], ["normal"], ["low"], ["suspects"], ["high", "low"], ["high", "normal", "low", "suspects"]]
      : [[]];
    for (const some of ready) expect(mustLook(sumOf([...some, ...others]))).toBe(looks);
  },
);

test("each key weighs more than all those that weigh less, so that a sum has one meaning", () => {
  const weight = (word: Word) => sumOf([word]);
  expect(weight("leases")).toBeGreaterThan(sumOf(["high", "normal", "low", "suspects"]));
  for (const [i, word] of WORDS.entries()) if (i > 4) expect(weight(word)).toBeGreaterThan(sumOf(WORDS.slice(0, i)));
});

test("a store that counted each key once would make a tick look too often, never too seldom", () => {
  for (let i = 1; i < 2 ** WORDS.length; i++) {
    const there = WORDS.filter((_, bit) => i & (1 << bit));
    if (mustLook(sumOf(there))) expect(mustLook(there.length)).toBe(true);
  }
});

test("the store counts a key as often as EXISTS names it", async () => {
  const { keys } = redis.queue();
  for (const word of WORDS) await redis.redis.set(keys[word], "there");
  expect(await redis.redis.exists(...lookedAt(keys))).toBe(named.length);
  await redis.redis.del(keys.scheduled, keys.high);
  expect(await redis.redis.exists(...lookedAt(keys))).toBe(named.length - 41);
});
