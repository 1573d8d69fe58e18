import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createTestKit, type TestKit } from "wakeq/testing";
import * as z from "zod";
import type { WakeqError } from "../../lib/index.ts";
import { defineTask, indexTasks } from "../../lib/tasks.ts";
import { type Deployed, post, useApi } from "../support/api.ts";

const echo = defineTask({ name: "echo", input: z.unknown(), run: ({ input }) => ({ input }) });
const dated = defineTask({ name: "dated", input: z.object({ at: z.date() }), run: () => 1 });
const strict = defineTask({ name: "strict", input: z.strictObject({ a: z.optional(z.number()) }), run: () => 1 });
const list = [echo, dated, strict];
vi.doMock("../../tasks/index.ts", () => ({ taskList: list, tasks: indexTasks(list) }));
afterAll(() => vi.doUnmock("../../tasks/index.ts"));

const api = useApi();
let deployed: Deployed;
let kit: TestKit;
beforeAll(async () => {
  [deployed, kit] = await Promise.all([api.deploy(), createTestKit(list)]);
});
afterAll(() => kit.close());

class Money {
  readonly #cents = 5;
  readonly currency = "EUR";
  toJSON() {
    return `${this.#cents} ${this.currency}`;
  }
}
const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)]);
const instant = new Date(Date.UTC(2030, 0, 1));

/** Payloads that a client can be given, which writes them as JSON. */
const GIVEN: [what: string, task: typeof echo, payload: unknown][] = [
  ["nothing", echo, undefined],
  ["null", echo, null],
  ["a date", echo, instant],
  ["a nested date", echo, { at: instant }],
  ["undefined members", echo, { a: undefined, b: [undefined] }],
  ["an undefined member that must not be missing", strict as never, { b: undefined }],
  ["toJSON", echo, { price: new Money() }],
  ["a toJSON that returns nothing", echo, { toJSON: () => undefined }],
  ["a map and a set", echo, { map: new Map([[1, 2]]), set: new Set([1]) }],
  ["numbers that JSON does not have", echo, [Number.NaN, Number.POSITIVE_INFINITY, -0]],
  ["the largest integers", echo, [Number.MAX_SAFE_INTEGER, 2 ** 53 + 2, 1e21, 1.5e300, 5e-324]],
  ["an error", echo, { error: new Error("no") }],
  ["a function", echo, () => 1],
  ["a nested symbol", echo, { s: Symbol("s") }],
  ["bytes", echo, new Uint8Array([1, 2])],
  ["half a surrogate pair", echo, { "\ud83d": "\udc4d" }],
  ["a field __proto__", echo, JSON.parse('{"__proto__":1}')],
  ["a payload that is nested too deeply", echo, deep(200)],
  ["a payload that is too large", echo, "ü".repeat(200_000)],
  ["a payload that is too large for a body", echo, "x".repeat(2_000_000)],
  ["a date where the schema wants one", dated as never, { at: instant }],
  ["an invalid payload", dated as never, { at: new Date(Number.NaN) }],
];

async function overHttp(task: string, payload: unknown) {
  const { status, body } = await deployed.call(post("/submit-job", { task, payload }));
  if (status !== 202) return { code: body.code, errors: body.errors ?? [] };
  return { payload: (await deployed.queue.status(body.job_id))?.payload };
}

async function inTheKit(task: typeof echo, payload: unknown) {
  try {
    const id = await kit.submit(task, payload);
    return { payload: (await kit.queue.status(id))?.payload };
  } catch (error) {
    const { code, errors } = error as WakeqError;
    return { code, errors };
  }
}

test.each(GIVEN)("the kit treats %s as the API does", async (_, task, payload) => {
  expect(await inTheKit(task, payload)).toEqual(await overHttp(task.name, payload));
});

test.each([
  ["a circle", Object.assign([], { 0: undefined as unknown })],
  ["a bigint", 1n],
])("%s, which no client can send, the kit refuses", async (what, payload) => {
  if (what === "a circle") (payload as unknown[])[0] = payload;
  await expect(kit.submit(echo, payload)).rejects.toThrow(TypeError);
});

test.each([
  ["a priority", { priority: "urgent" as never }, "/priority"],
  ["retries", { maxRetries: 101 }, "/max_retries"],
  ["a delay", { delay: "366d" as const }, "/delay_seconds"],
  ["a limit", { expires: 0 }, "/expires_seconds"],
])("the kit refuses %s that the API refuses", async (_, options, pointer) => {
  await expect(kit.submit(echo, 1, options)).rejects.toMatchObject({ code: "invalid_request", errors: [{ pointer }] });
});
