import "./dotenv.ts";
import { parseArgs } from "node:util";
import { indexTasks, type Task } from "../lib/tasks.ts";
import { printableLines } from "../local/printable.ts";
import { dataDirOf, runningStack } from "../local/stack-file.ts";
import { runDoctor } from "./doctor/run.ts";

/** Runs `npm run doctor [-- --json]`: checks the settings and the database that they name. Returns 1 if something is wrong. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
  const world = { environment: process.env, loadTasks, findStack: () => runningStack(dataDirOf(process.env)) };
  return runDoctor(world, values);
}

async function loadTasks(): Promise<Task[]> {
  const { taskList } = await import("../tasks/index.ts");
  return [...indexTasks(taskList).values()];
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`wakeq: ${printableLines(error instanceof Error ? error.message : String(error))}`);
    process.exit(1);
  },
);
