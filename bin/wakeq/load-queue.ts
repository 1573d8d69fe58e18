import { type Core, coreOf, type Served } from "../../lib/app/core.ts";
import type { Tasks } from "../../lib/tasks.ts";
import { CommandError } from "./command-error.ts";
import { shownPath } from "./find-queue.ts";
import { importFile } from "./typescript.ts";
import { whatFailed } from "./user-error.ts";

/** A queue, as the commands use it. */
export interface LoadedQueue {
  queue: Served;
  core: Core;
  tasks: Tasks;
}

/**
 * Loads the queue that a file exports, and its tasks. `heard` gets each file of the project that it imports.
 *
 * @throws CommandError that says in one line what is wrong with the file
 */
export async function loadQueue(
  project: string,
  file: string,
  heard: (file: string) => void = () => {},
): Promise<LoadedQueue> {
  const imported: string[] = [];
  const hear = (path: string) => {
    imported.push(path);
    heard(path);
  };
  try {
    const queue = queueIn(await importFile(project, file, hear), shownPath(project, file));
    const core = coreOf(queue);
    const { tasks } = core;
    return { queue, core, tasks: typeof tasks === "function" ? await tasks() : tasks };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(whatFailed(error, project, file, imported), { cause: error });
  }
}

/** How a queue is known: two copies of this package understand each other (lib/app/core.ts). */
const CORE = Symbol.for("wakeq.core");

/** Finds the queue among the exports: `queue`, or the default. A CommonJS module has its own under `default`. */
function queueIn(module: object, shown: string): Served {
  const exports = module as Record<string, unknown>;
  const inner = exports.default as Record<string, unknown> | undefined;
  const found = [exports.queue, exports.default, inner?.queue, inner?.default].find(isQueue);
  if (found) return found;
  const [other] = Object.entries(exports).find(([, value]) => isQueue(value)) ?? [];
  throw new CommandError(
    other
      ? `${shown} exports a queue as ${other}: name it queue, or make it the default export`
      : `${shown} exports no queue: write export const queue = defineQueue({ tasks: […] })`,
  );
}

function isQueue(value: unknown): value is Served {
  return typeof value === "object" && value !== null && CORE in value;
}
