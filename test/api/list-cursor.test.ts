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
  expect(next_cursor).toMatch(/^[\w-]{10,800}$/);
  for (const query of ["", "status=failed&", "status=pending&task=due&"]) {
    const refused = await deployed.call(get(`/jobs?${query}cursor=${next_cursor}`));
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid_query", errors: [{ pointer: "/cursor" }] } });
  }
  expect((await list(deployed, `?status=pending&limit=50&cursor=${next_cursor}`)).jobs).toHaveLength(6);
});

test("any forged cursor gets a page or a 400", async () => {
  const { deployed } = await everywhere(api);
  const mark = fc.tuple(fc.oneof(fc.string(), fc.uuid()), fc.oneof(fc.double(), fc.constant(null), fc.integer()));
  const marks = fc.array(mark, { maxLength: 3 });
  const position = fc.oneof(fc.constantFrom(0, 1), fc.tuple(marks, marks));
  const cursor = fc.oneof(
    fc.tuple(fc.constant("   "), fc.integer(), fc.array(position, { minLength: 9, maxLength: 9 })),
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
  const marks: [string, [string, number][]][] = [
    ["nobody", Array.from({ length: 6 }, () => [randomUUID(), 1])],
    ["jobs that are elsewhere", delayed.map(({ id }) => [id, NEXT_YEAR])],
    ["jobs that were there at another time", Array.from({ length: 6 }, () => [listed.id, 1])],
    ["texts", Array.from({ length: 6 }, (_, i) => ["x ".repeat(i), 1])],
    ["nothing that has a record", Array.from({ length: 6 }, () => [randomUUID(), -1])],
  ];
  for (const [who, six] of marks) {
    const position = [six.slice(0, 3), six.slice(3)];
    const places = [position, position, position, position, 0];
    const cursor = Buffer.from(JSON.stringify(["pending   ", 1, places, []])).toString("base64url");
    const { result, commands, total } = await api.commandsOf(() =>
      deployed.call(get(`/jobs?status=pending&cursor=${cursor}`)),
    );
    expect(result.status, who).toBe(200);
    const most = { "jobs that are elsewhere": 2, "nothing that has a record": 8 }[who] ?? 0;
    expect(commands.lpos ?? 0, who).toBe(most);
    expect(total, who).toBeLessThanOrEqual(20);
  }
});
