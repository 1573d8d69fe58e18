import { afterAll, beforeAll, expect, test } from "vitest";
import type { LocalRedis } from "../../packages/redis-rest-local/src/testing.ts";
import { type Api, loadApi, post, routeOf } from "../support/api.ts";
import { sendHttp } from "../support/request.ts";
import { borrowKeyedStack, SHARED_API_KEYS, sharedKeys } from "../support/shared/keyed.ts";
import type { BorrowedStack } from "../support/shared/stack.ts";
import { readStore } from "../support/store.ts";
import { BAD_REQUESTS, type Bad, type Way } from "./bad-requests.ts";
import { mustRefuse, sentBy } from "./refusal.ts";

const keys = sharedKeys;
const API_KEYS = SHARED_API_KEYS;
const sentOf = sentBy(keys);

let stack: BorrowedStack;
let api: Api;
let seeded: Awaited<ReturnType<typeof store>>;
beforeAll(async () => {
  stack = await borrowKeyedStack();
  api = await loadApi({ UPSTASH_REDIS_REST_URL: stack.rest.url, UPSTASH_REDIS_REST_TOKEN: stack.rest.token, API_KEYS });
  // Something that a bad request could lose or change.
  for (const delay_seconds of [3_000, 4_000]) {
    const { status } = await api.call(post("/submit-job", { task: "note", delay_seconds }, keys.admin.headers));
    expect(status).toBe(202);
  }
  seeded = await store();
  expect(Object.keys(seeded).sort()).toEqual(["records", "scheduled"]);
});
afterAll(() => stack?.giveBack());

/** Reads through the gateway, which stands in front of both Redis and the embedded store. */
async function send(command: readonly unknown[]): Promise<unknown> {
  const headers = { authorization: `Bearer ${stack.rest.token}` };
  const response = await fetch(stack.rest.url, { method: "POST", headers, body: JSON.stringify(command) });
  const { result, error } = (await response.json()) as { result?: unknown; error?: string };
  if (error !== undefined) throw new Error(error);
  return result;
}

async function store() {
  const { expiries: _, ...contents } = await readStore({ backend: { send } } as unknown as LocalRedis, "");
  return contents;
}
/** With its name in front, which a title shows whole. */
const named = (requests: readonly Bad[]) => requests.map((bad) => [bad.what, bad] as const);
const takes = (way: Way) => (bad: Bad) => bad.ways === undefined || bad.ways.includes(way);

test("the table is long and has no row twice", () => {
  const names = BAD_REQUESTS.map(({ what }) => what);
  expect(names.length).toBeGreaterThan(150);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

test("only requests without a route are refused for having none", () => {
  for (const bad of BAD_REQUESTS.filter(({ code }) => code !== "gateway"))
    expect(routeOf(bad) === undefined, bad.what).toBe(["route_not_found", "method_not_allowed"].includes(bad.code));
});

for (const way of ["plain", "base64"] as const) {
  const cases = named(BAD_REQUESTS.filter(({ code }) => code !== "gateway").filter(takes(way)));
  test.each(cases)(`called by AWS with a body that is ${way}, the API refuses %s`, async (_, bad) => {
    mustRefuse(bad, await api.call({ ...sentOf(bad), base64: way === "base64" }));
    expect(await store()).toEqual(seeded);
  });
}

test.each(named(BAD_REQUESTS.filter(takes("http"))))("called over HTTP, the API refuses %s", async (_, bad) => {
  mustRefuse(bad, await sendHttp(stack.url, sentOf(bad)));
  expect(await store()).toEqual(seeded);
});
