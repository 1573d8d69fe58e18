/**
 * The package's doors: the path that an application imports, and the source that it leads to. A door more is a line more, here
 * and (a test compares them) under `exports` in package.json.
 */
export const DOORS: Record<string, string> = {
  ".": "lib/index.ts",
  "./lambda": "lib/lambda.ts",
  "./lambda/api": "lib/adapters/lambda/api.ts",
  "./lambda/submit-job": "lib/adapters/lambda/submit-job.ts",
  "./lambda/job-status": "lib/adapters/lambda/job-status.ts",
  "./lambda/worker": "lib/adapters/lambda/worker.ts",
  "./node": "lib/node.ts",
  "./next": "lib/next.ts",
  "./serverless": "lib/serverless.ts",
  "./client": "client/index.ts",
  "./testing": "testing/index.ts",
};

/** The doors that jest opens with `require`, which there cannot load ES modules. */
export const COMMONJS_DOORS = [".", "./testing"];

/** What `npx` runs: a command's name and its source. */
export const COMMANDS: Record<string, string> = { wakeq: "bin/wakeq.ts" };

/** Returns where the build puts a source, as a path below `dist`, without its ending: where the source lies in the project. */
export function builtFrom(source: string): string {
  return source.replace(/\.ts$/, "");
}
