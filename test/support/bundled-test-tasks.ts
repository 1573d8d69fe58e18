import { join } from "node:path";
import type { Plugin } from "esbuild";

/** Puts the tests' tasks into a bundle in place of those in tasks/. */
export const bundledTestTasks: Plugin = {
  name: "test-tasks",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/tasks\/index\.ts$/ }, () => ({ path: join(import.meta.dirname, "tasks.ts") })),
};
