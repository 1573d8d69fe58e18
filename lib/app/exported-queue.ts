import { isQueue, type Served } from "./core.ts";

/** The names under which a file exports its queue. */
const NAMES = ["queue", "default"] as const;

/**
 * Finds the queue that a file exports: as `queue`, or as its default. `exports`: what `import * as` gives; `file`: its name, for the
 * error.
 *
 * @throws TypeError where the file exports no queue
 */
export function queueIn(exports: object, file: string): Served {
  const { default: commonJs } = exports as { default?: unknown }; // `module.exports`, where Node does not see its names
  const modules = [exports, commonJs].filter((each) => typeof each === "object" && each !== null);
  for (const each of modules)
    for (const name of NAMES) {
      const found = (each as Record<string, unknown>)[name];
      if (isQueue(found)) return found;
    }
  const names = Object.keys(exports).join(", ") || "nothing";
  throw new TypeError(`${file} exports no queue (it exports ${names}): add export const queue = defineQueue({ … })`);
}
