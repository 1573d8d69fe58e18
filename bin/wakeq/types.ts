import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { payloadName, payloadsOf } from "../../lib/openapi/payloads.ts";
import { forCallers, type Tasks } from "../../lib/tasks.ts";
import type { Values } from "./commands.ts";
import { loadEnvironment } from "./environment.ts";
import { findQueue, shownPath } from "./find-queue.ts";
import { loadQueue } from "./load-queue.ts";
import { type JsonSchema, typeOf } from "./type-of.ts";

/** Runs `wakeq types`: writes a declaration with which `createClient<Tasks>()` knows the tasks, without their code. */
export async function types({ queue, out = "wakeq-types.d.ts" }: Values): Promise<number> {
  const project = process.cwd();
  const file = findQueue(project, queue);
  loadEnvironment(project);
  const { tasks } = await loadQueue(project, file);
  const declared = forCallers(tasks);
  const target = resolve(project, String(out));
  await writeFile(target, declarationOf(declared, shownPath(project, file)));
  console.log(`wakeq: wrote ${shownPath(project, target)}: ${declared.size} ${declared.size === 1 ? "task" : "tasks"}`);
  return 0;
}

/** Writes the declaration. What a task returns has no schema, so results are unknown. */
export function declarationOf(tasks: Tasks, from: string): string {
  const schemas = payloadsOf(tasks) as Record<string, JsonSchema>;
  const components = Object.entries(schemas).map(([name, schema]) => `export type ${name} = ${typeOf(schema)};\n`);
  const entries = [...tasks.values()].map((task) => `  Task<${JSON.stringify(task.name)}, ${payloadName(task)}>,`);
  return [
    `// Made by npx wakeq types from ${from}: run it again when the tasks change.`,
    ...HEAD,
    components.join("\n"),
    `export type Tasks = readonly [\n${entries.join("\n")}\n];`,
    "",
  ].join("\n");
}

const HEAD = [
  "//",
  '//   import { createClient } from "wakeq/client";',
  '//   import type { Tasks } from "./wakeq-types";',
  "//   const client = createClient<Tasks>({ url, key });",
  "",
  "interface Task<Name extends string, Payload, Result = unknown> {",
  "  readonly name: Name;",
  '  readonly input: { readonly "~standard": { readonly types?: { readonly input: Payload } } };',
  "  run(context: never): Result;",
  "}",
  "",
];
