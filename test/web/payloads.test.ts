import { Validator } from "@seriousme/openapi-schema-validator";
import { type } from "arktype";
import * as v from "valibot";
import { expect, test } from "vitest";
import * as z from "zod";
import * as mini from "zod/mini";
import { describeApi } from "../../lib/openapi/openapi.ts";
import { described } from "../../lib/routes/described/all.ts";
import type { StandardSchema } from "../../lib/schema/standard.ts";
import { indexTasks } from "../../lib/tasks.ts";
import { routes } from "../support/routes.ts";

type Json = Record<string, unknown>;
const to = { type: "string" };
const plain = { properties: { to }, required: ["to"] };
const own = { type: "object", properties: { to }, description: "in the task's own words" };
const shared = z.object({ to: z.string() });
const tree = type.module({ node: { name: "string", "next?": "node" } });

/** Refers to its definitions, their parts and its own, in every way of writing. */
const referring = {
  type: "object",
  properties: {
    to,
    again: { $ref: "#" },
    copy: { $ref: "#/properties/to" },
    all: { type: "array", items: { $ref: "#/$defs/a~1b" } },
    spaced: { $ref: "#/$defs/a%20b" },
    inner: { $ref: "#/definitions/old/properties/more" },
  },
  $defs: { "a/b": { type: "object", properties: { next: { $ref: "#/$defs/a~1b" } } }, "a b": to },
  definitions: { old: { type: "object", properties: { more: { anyOf: [{ $ref: "#/$defs/a%20b" }, true] } } } },
};

const run = () => undefined;
const CASES: [name: string, input: StandardSchema, jsonSchema: Json | undefined, expected: Json][] = [
  ["zod", z.object({ to: z.string() }), undefined, plain],
  ["zod_mini", mini.object({ to: mini.string() }), undefined, plain],
  ["arktype", type({ to: "string" }), undefined, plain],
  ["valibot", v.object({ to: v.string() }), undefined, {}],
  ["valibot_with_its_own", v.object({ to: v.string() }), own, own],
  ["zod_with_its_own", z.object({ to: z.string() }), own, own],
  ["shared", shared, undefined, plain],
  ["shared_again", shared, undefined, plain],
  [
    "zod_beyond_json",
    z.object({ at: z.date(), to: z.string().transform(Number) }),
    undefined,
    { properties: { at: {}, to } },
  ],
  ["arktype_beyond_json", type({ at: "Date" }), undefined, {}],
  ["recursive", tree.node, undefined, { type: "object" }],
  [
    "below_zero",
    z.object({ n: z.int() }),
    undefined,
    { properties: { n: expect.not.objectContaining({ minimum: 0 }) } },
  ],
  ["named_by_zod", z.object({ to: z.string() }).meta({ id: "Named" }), undefined, plain],
  ["referring", v.any(), referring, { properties: { again: { $ref: "#/components/schemas/ReferringPayload" } } }],
];
const tasks = indexTasks(
  CASES.map(([name, input, jsonSchema]) => ({ name, input, run, ...(jsonSchema ? { jsonSchema } : {}) })),
);
const document = JSON.parse(JSON.stringify(describeApi(Object.values(routes), described, tasks))) as {
  components: { schemas: Record<string, Json> };
  paths: Record<
    string,
    { post: { requestBody: { content: Record<string, { examples: Record<string, { value: Json }> }> } } }
  >;
};
const componentOf = (name: string) => {
  const pascal = name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return document.components.schemas[`${pascal}Payload`]!;
};

test.each(CASES)("the payload of the task %s is described", (name, _input, _json, expected) => {
  expect(componentOf(name)).toMatchObject({ title: `Payload of ${name}`, ...expected });
});

test("a payload about which nothing is known is described as any value, with an empty example", () => {
  expect(componentOf("valibot")).toEqual({ title: "Payload of valibot" });
  const { examples } = document.paths["/submit-job"]!.post.requestBody.content["application/json"]!;
  expect(examples.valibot?.value).toEqual({ task: "valibot", payload: {} });
  expect(examples.zod?.value).toEqual({ task: "zod", payload: { to: "text" } });
});

test("the document is valid OpenAPI 3.1, and every reference in it can be resolved", async () => {
  expect(await new Validator().validate(document as never)).toEqual({ valid: true });
  const found = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map(([, pointer]) => pointer!);
  expect(found.some((pointer) => pointer === "/components/schemas/RecursivePayload")).toBe(true);
  for (const pointer of new Set(found)) {
    const steps = pointer
      .split("/")
      .slice(1)
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
    const target = steps.reduce<unknown>((at, step) => (at as Json | undefined)?.[step], document);
    expect(target, pointer).toBeDefined();
  }
});
