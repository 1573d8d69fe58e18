import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Change } from "./service-copy.ts";

/** A task that imports a module which throws while it loads. */
const FILES = {
  "broken.ts": 'throw new RangeError("sesame is not set");\nexport const value = 1;\n',
  "index.ts": `import * as z from "zod/mini";
import { defineTask, indexTasks } from "../lib/tasks.ts";
import { value } from "./broken.ts";
export const taskList = [defineTask({ name: "broken", input: z.unknown(), run: () => value })] as const;
export const tasks = indexTasks(taskList);
`,
};

/** Replaces the tasks in a copy of the service by one that does not load. */
export const withBrokenTask: Change = async (service) => {
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(service, "tasks", name), text);
};
