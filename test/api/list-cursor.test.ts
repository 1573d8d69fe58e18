import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { get, useApi } from "../support/api.ts";
import { job } from "../support/redis.ts";
import { everywhere, list, NEXT_YEAR } from "./listing.ts";

const api = useApi();

test("a cursor is short, and good for its own query alone", async () => {
  const { deployed } = await everywhere(api);
  const { next_cursor } = await list(deployed, "?status=pending&limit=2");
  expect(next_cursor).toMatch(/^[\w-]{10,700}$/);
  for (const query of ["", "status=failed&", "status=pending&task=due&"]) {
    const refused = await deployed.call(get(`/jobs?${query}cursor=${next_cursor}`));
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid_query", errors: [{ pointer: "/cursor" }] } });
  }
  expect((await list(deployed, `?status=pending&limit=50&cursor=${next_cursor}`)).jobs).toHaveLength(6);
});

test("any forged cursor gets a page or a 400", async () => {
  const { deployed } = await everywhere(api);
  const mark = fc.tuple(fc.oneof(fc.string(), fc.uuid()), fc.oneof(fc.double(), fc.constant(null), fc.integer()));
  const cursor = fc.oneof(
    fc.tuple(fc.constant(""), fc.constant(""), fc.integer({ min: -1, max: 9 }), fc.array(mark), fc.array(mark)),
    fc.anything(),
  );
  await fc.assert(
    fc.asyncProperty(cursor, async (value) => {
      let text = "";
      try {
        text = JSON.stringify(value) ?? "";
      } catch {
        return; // a bigint or a cycle
      }
      const { status } = await deployed.call(get(`/jobs?cursor=${Buffer.from(text).toString("base64url")}`));
      expect([200, 400]).toContain(status);
    }),
    { numRuns: 200 },
  );
});

test("a forged cursor searches a list no more often than a real one", async () => {
  const deployed = await api.deploy();
  const { queue } = deployed;
  const [listed, delayed] = [job(), Array.from({ length: 6 }, () => job({ when: { at: NEXT_YEAR } }))];
  await queue.submit([listed, ...delayed]);
  const marks: [string, [string, number | null][]][] = [
    ["nobody", Array.from({ length: 6 }, () => [randomUUID(), 1])],
    ["jobs that are elsewhere", delayed.map(({ id }) => [id, NEXT_YEAR])],
    ["jobs that were there at another time", Array.from({ length: 6 }, () => [listed.id, 1])],
    ["texts", Array.from({ length: 6 }, (_, i) => ["x".repeat(i), null])],
  ];
  for (const [who, six] of marks) {
    const cursor = Buffer.from(JSON.stringify(["pending", "", 1, six.slice(0, 3), six.slice(3)])).toString("base64url");
    const { result, commands } = await api.commandsOf(() =>
      deployed.call(get(`/jobs?status=pending&cursor=${cursor}`)),
    );
    expect(result.status, who).toBe(200);
    expect(commands.lpos, who).toBeLessThanOrEqual(3);
    if (who === "nobody" || who === "texts") expect(commands.lpos, who).toBe(1);
  }
});
