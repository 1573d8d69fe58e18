import { statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { CommandError } from "./command-error.ts";

const EXTENSIONS = ["ts", "mts", "js", "mjs", "cjs"];
/** Where a queue file is looked for, in this order. */
const PLACES = ["src/queue", "queue", "lib/queue", "app/queue"];
/** The paths that need not be named, the first one wins. */
export const QUEUE_FILES = PLACES.flatMap((place) => EXTENSIONS.map((extension) => `${place}.${extension}`));

/** Finds the file that exports the queue. @throws CommandError where there is none, or the one that was named is no file */
export function findQueue(project: string, named: unknown): string {
  if (typeof named === "string") return checked(project, named);
  const found = QUEUE_FILES.map((path) => join(project, path)).find(isFile);
  if (found) return found;
  throw new CommandError(
    `no queue file here: ${PLACES.map((place) => `${place}.ts`).join(", ")} (or .mts, .js, .mjs, .cjs): run npx wakeq init, or pass --queue PATH`,
  );
}

function checked(project: string, named: string): string {
  const file = resolve(project, named);
  if (!isFile(file)) throw new CommandError(`--queue ${named}: there is no such file`);
  if (EXTENSIONS.some((extension) => file.endsWith(`.${extension}`))) return file;
  throw new CommandError(
    `--queue ${named}: expected a file that ends with ${EXTENSIONS.map((e) => `.${e}`).join(", ")}`,
  );
}

/** Shows a path as people write it: from the project's folder. */
export function shownPath(project: string, file: string): string {
  return relative(project, file) || ".";
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
