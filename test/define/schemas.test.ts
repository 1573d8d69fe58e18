import { type } from "arktype";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestKit, type TestKit } from "wakeq/testing";
import * as z from "zod";
import * as mini from "zod/mini";
import { defineQueue, defineTask, type WakeqError } from "../../lib/index.ts";

interface Order {
  to: string;
  copies?: number;
}
const run = ({ input }: { input: Order }) => ({ input });
const jsonSchema = { type: "object", required: ["to"], properties: { to: { type: "string" } } };

/** The same payload in each library, and what the description of the API says of it. */
const LIBRARIES = [
  {
    library: "zod",
    task: defineTask({ name: "zod", input: z.object({ to: z.string(), copies: z.int().default(1) }), run }),
    described: {
      type: "object",
      required: ["to"],
      properties: { to: { type: "string" }, copies: { type: "integer" } },
    },
  },
  {
    library: "zod/mini",
    task: defineTask({
      name: "zod_mini",
      input: mini.object({ to: mini.string(), copies: mini._default(mini.int(), 1) }),
      run,
    }),
    described: {
      type: "object",
      required: ["to"],
      properties: { to: { type: "string" }, copies: { type: "integer" } },
    },
  },
  {
    library: "valibot, which has no JSON Schema",
    task: defineTask({ name: "valibot", input: v.object({ to: v.string(), copies: v.optional(v.number(), 1) }), run }),
    described: {},
  },
  {
    library: "valibot, with the task's jsonSchema",
    task: defineTask({
      name: "valibot_described",
      input: v.object({ to: v.string(), copies: v.optional(v.number(), 1) }),
      jsonSchema,
      run,
    }),
    described: jsonSchema,
  },
  {
    library: "arktype",
    task: defineTask({ name: "arktype", input: type({ to: "string", copies: "number.integer = 1" }), run }),
    described: { type: "object", required: ["to"], properties: { to: { type: "string" } } },
  },
];
const queue = defineQueue({
  tasks: LIBRARIES.map(({ task }) => task),
  authorize: () => ({ name: "ada", scopes: ["admin"] }),
});

let kit: TestKit;
beforeEach(async () => {
  kit = (await createTestKit(queue)) as unknown as TestKit;
});
afterEach(() => kit.close());

type Outcome = { id: string } | Pick<WakeqError, "code" | "errors">;
type Way = (task: string, payload: unknown) => Promise<Outcome>;

const inProcess: Way = (task, payload) =>
  queue.submit(task as never, payload as never).catch(({ code, errors }: WakeqError) => ({ code, errors }));

const overFetch: Way = async (task, payload) => {
  const body = JSON.stringify({ task, payload });
  const answer = await queue.fetch(new Request("http://app.example/submit-job", { method: "POST", body }));
  const { job_id: id, code, errors } = (await answer.json()) as { job_id: string; code: never; errors: [] };
  return answer.ok ? { id } : { code, errors };
};

describe.each([
  ["in process", inProcess],
  ["over queue.fetch", overFetch],
])("%s", (_, submit) => {
  test.each(LIBRARIES)("a payload that fits $library is taken, and its defaults reach the task", async ({ task }) => {
    const { id } = (await submit(task.name, { to: "ada" })) as { id: string };
    await kit.drain();
    expect(await kit.job(id)).toMatchObject({
      status: "completed",
      payload: { to: "ada" },
      result: { input: { to: "ada", copies: 1 } },
    });
  });

  test.each(LIBRARIES)("one that does not fit $library is refused, with a pointer to each fault", async ({ task }) => {
    const refused = (await submit(task.name, { to: 7, copies: "many" })) as WakeqError;
    expect(refused.code).toBe("invalid_request");
    expect(refused.errors.map(({ pointer }) => pointer).sort()).toEqual(["/payload/copies", "/payload/to"]);
    for (const { detail } of refused.errors) expect(detail).toMatch(/number|string|integer/);
    expect(await queue.stats()).toMatchObject({ ready: { normal: 0 } });
  });
});

test.each(LIBRARIES)("the API's description says what $library says of the payload", async ({ task, described }) => {
  const answer = await queue.fetch(new Request("http://app.example/openapi.json"));
  const { components } = (await answer.json()) as { components: { schemas: Record<string, object> } };
  const name = task.name.replace(/(^|_)(.)/g, (_, __, letter: string) => letter.toUpperCase());
  const { title, ...schema } = components.schemas[`${name}Payload`] as { title: string };
  expect(title).toBe(`Payload of ${task.name}`);
  if (Object.keys(described).length === 0) expect(schema).toEqual({});
  else expect(schema).toMatchObject(described);
});
