import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type JsonSchema, typeOf } from "../../bin/wakeq/type-of.ts";
import { useInstalled, writeIn } from "./built.ts";
import { run } from "./command.ts";

const { project, script } = useInstalled();
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("a schema becomes a type, and what has none becomes unknown", () => {
  const cases: [JsonSchema, string][] = [
    [{ type: "string" }, "string"],
    [{ type: "integer" }, "number"],
    [{ type: ["string", "null"] }, "(string | null)"],
    [{ const: "a" }, '"a"'],
    [{ enum: ["a", 1, null] }, '("a" | 1 | null)'],
    [{ type: "array", items: { type: "string" } }, "string[]"],
    [{ type: "array", items: { enum: ["a", "b"] } }, '("a" | "b")[]'],
    [{ type: "array" }, "unknown[]"],
    [{ type: "array", prefixItems: [{ type: "string" }, { type: "number" }] }, "[string, number]"],
    [{ type: "array", prefixItems: [{ type: "string" }], items: { type: "number" } }, "[string, ...number[]]"],
    [{ type: "object" }, "Record<string, unknown>"],
    [{ type: "object", additionalProperties: { type: "number" } }, "Record<string, number>"],
    [{ type: "object", properties: {}, additionalProperties: false }, "Record<string, never>"],
    [
      { type: "object", properties: { a: { type: "string" }, "b-c": {} }, required: ["a"] },
      '{\n  a: string;\n  "b-c"?: unknown;\n}',
    ],
    [{ anyOf: [{ type: "string" }, { type: "number" }] }, "(string | number)"],
    [{ allOf: [{ $ref: "#/components/schemas/A" }, { $ref: "#/components/schemas/B" }] }, "(A & B)"],
    [{ $ref: "https://example.com/a" }, "unknown"],
    [{}, "unknown"],
  ];
  for (const [schema, type] of cases) expect(typeOf(schema)).toBe(type);
});

const QUEUE = `import { defineQueue, defineTask } from "wakeq";
import * as z from "zod";
const resize = defineTask({
  name: "resize",
  input: z.object({ url: z.url(), sizes: z.array(z.int()), fit: z.enum(["cover", "fill"]).optional() }),
  run() {},
});
const own = defineTask({ name: "own", input: z.object({}), internal: true, run() {} });
export const queue = defineQueue({ tasks: [resize, own] });
`;

test("the declaration types a client elsewhere: names and payloads", async () => {
  const cwd = await project({ "package.json": '{ "type": "module" }', "queue.js": QUEUE });
  expect(await run(script(), ["types"], { cwd })).toEqual({
    code: 0,
    stdout: "wakeq: wrote wakeq-types.d.ts: 1 task\n",
    stderr: "",
  });
  expect(await readFile(join(cwd, "wakeq-types.d.ts"), "utf8")).not.toContain('"own"');
  const use = (call: string) => `import { createClient } from ${JSON.stringify(join(ROOT, "client/index.ts"))};
import type { Tasks } from "./wakeq-types";
const client = createClient<Tasks>({ url: "http://127.0.0.1" });
${call}
`;
  const sound = use(
    'await client.submit("resize", { url: "https://a.example", sizes: [1], fit: "fill" });\nexport {};',
  );
  expect(await compiles(cwd, sound)).toBe("");
  const wrong = [
    'await client.submit("other", {});',
    'await client.submit("resize", { url: 1, sizes: [] });',
    'await client.submit("resize", { url: "https://a.example", sizes: [], fit: "huge" });',
  ];
  for (const call of wrong) expect(await compiles(cwd, use(call))).toMatch(/use\.ts\(4,\d+\): error TS2/);
});

/** Compiles a file. Returns what tsc says. */
async function compiles(cwd: string, text: string): Promise<string> {
  await writeIn(cwd, "use.ts", text);
  const options =
    "--noEmit --strict --target es2022 --module preserve --allowImportingTsExtensions --skipLibCheck --types node";
  const roots = ["--typeRoots", join(ROOT, "node_modules/@types")];
  return new Promise((resolve) =>
    execFile(
      process.execPath,
      [join(ROOT, "node_modules/typescript/bin/tsc"), ...options.split(" "), ...roots, "use.ts"],
      { cwd },
      (_error, stdout) => resolve(stdout),
    ),
  );
}
