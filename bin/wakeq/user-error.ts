import { spawnSync } from "node:child_process";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe } from "../../lib/errors.ts";
import { shownPath } from "./find-queue.ts";

/** Says in one line what went wrong while a user's file was loaded: where in the user's own code, what, and what to do. */
export function whatFailed(error: unknown, project: string, file: string, imported: readonly string[]): string {
  const { message } = describe(error);
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const syntax = error instanceof SyntaxError ? syntaxPlace(imported, project) : undefined;
  const place = placeIn(stack, project) ?? syntax ?? shownPath(project, file);
  const hint = hintFor(message);
  return `${place}: ${message}${hint ? `: ${hint}` : ""}`;
}

/** How many files are looked at for the one that does not parse. */
const MOST_CHECKED = 20;

/** Finds the file that does not parse: Node itself does not tell those who import it. The newest import is the likeliest. */
function syntaxPlace(imported: readonly string[], project: string): string | undefined {
  const scripts = imported.filter((path) => /\.[cm]?js$/.test(path)).reverse();
  for (const [index, script] of scripts.entries()) {
    if (index === MOST_CHECKED) break;
    const { status, stderr } = spawnSync(process.execPath, ["--check", script], { encoding: "utf8" });
    if (status !== 0) return placeIn(stderr, project);
  }
  return undefined;
}

/** Finds the first line of a stack that is the user's own. A syntax error has its place before its message. */
function placeIn(stack: string, project: string): string | undefined {
  const places = stack.matchAll(/((?:file:\/\/)?(?:[A-Z]:)?\/[^\s():]+|[A-Z]:\\[^\s():]+):(\d+)(?::\d+)?/g);
  for (const [, path, line] of places) {
    const plain = path!.startsWith("file:") ? fileURLToPath(path!) : path!;
    const isOwn = plain.startsWith(project + sep) && !plain.includes(`${sep}node_modules${sep}`);
    if (isOwn) return `${shownPath(project, plain)}:${line}`;
  }
  return undefined;
}

function hintFor(message: string): string | undefined {
  if (message.includes("Cannot use import statement outside a module") || message.includes("Unexpected token 'export'"))
    return 'name the file .mjs, or write "type": "module" into package.json';
  const missing = /^Cannot find package '([^']+)'/.exec(message);
  return missing ? `run npm install ${missing[1]}` : undefined;
}
