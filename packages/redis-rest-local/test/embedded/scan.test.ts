import fc from "fast-check";
import { expect, test } from "vitest";
import { useStores } from "./support.ts";

const open = useStores();

/** Adds an element, removes one, and scans. */
const KINDS: Record<
  string,
  { add(name: string): string[]; remove(name: string): string[]; scan(cursor: string): string[] }
> = {
  SCAN: {
    add: (name) => ["SET", name, "v"],
    remove: (name) => ["DEL", name],
    scan: (cursor) => ["SCAN", cursor, "COUNT", "7"],
  },
  SSCAN: {
    add: (name) => ["SADD", "key", name],
    remove: (name) => ["SREM", "key", name],
    scan: (cursor) => ["SSCAN", "key", cursor, "COUNT", "7"],
  },
  HSCAN: {
    add: (name) => ["HSET", "key", name, name],
    remove: (name) => ["HDEL", "key", name],
    scan: (cursor) => ["HSCAN", "key", cursor, "COUNT", "7"],
  },
  ZSCAN: {
    add: (name) => ["ZADD", "key", "1", name],
    remove: (name) => ["ZREM", "key", name],
    scan: (cursor) => ["ZSCAN", "key", cursor, "COUNT", "7"],
  },
};

const change = fc.record({ adds: fc.boolean(), number: fc.nat({ max: 400 }) });

test.each(Object.keys(KINDS))(
  "%s shows every element that is there from start to end of the scan, whatever else changes",
  async (kind) => {
    const { add, remove, scan } = KINDS[kind]!;
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 300 }),
        fc.array(fc.array(change, { maxLength: 12 }), { minLength: 1, maxLength: 60, size: "max" }),
        async (size, rounds) => {
          const store = await open();
          const stays = new Set(Array.from({ length: size }, (_, at) => `n${at}`));
          for (const name of stays) await store.send(add(name));
          const seen = new Set<string>();
          let cursor = "0";
          let round = 0;
          do {
            const [next, found] = (await store.send(scan(cursor))) as [Buffer, Buffer[]];
            cursor = String(next);
            for (const name of found) seen.add(String(name));
            for (const { adds, number } of rounds[round++ % rounds.length]!) {
              await store.send(adds ? add(`n${number}`) : remove(`n${number}`));
              if (!adds) stays.delete(`n${number}`);
            }
          } while (cursor !== "0" && round < 2_000);
          expect(cursor).toBe("0");
          expect([...stays].filter((name) => !seen.has(name))).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
  },
);

test("the same cursor gives the same answer again while nothing changes", async () => {
  const store = await open();
  for (let at = 0; at < 100; at++) await store.send(["SET", `k${at}`, "v"]);
  const [cursor] = (await store.send(["SCAN", "0"])) as [Buffer];
  expect(await store.send(["SCAN", cursor])).toEqual(await store.send(["SCAN", cursor]));
});
