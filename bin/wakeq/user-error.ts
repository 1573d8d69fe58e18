import { spawnSync } from "node:child_process";
import { posix, win32 } from "node:path";
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

/** A line of a stack, or the line before a syntax error's text: a path or a file's URL, then the line, then the column. */
const PLACE = /^(?:\s+at (?:.*?\()?(?:async )?)?((?:file:\/\/)?(?:[A-Za-z]:)?[\\/][^<>\n]*?):(\d+)(?::\d+)?\)?$/gm;

/** Finds the first line of a stack that is the user's own. A syntax error has its place before its message. */
export function placeIn(stack: string, project: string, windows = process.platform === "win32"): string | undefined {
  const { relative, isAbsolute, sep } = windows ? win32 : posix;
  for (const [, path, line] of stack.matchAll(PLACE)) {
    const shown = relative(project, path!.startsWith("file:") ? fileURLToPath(path!, { windows }) : path!);
    const folders = shown.split(sep);
    if (folders[0] === ".." || isAbsolute(shown) || folders.includes("node_modules")) continue;
    return `${shown}:${line}`;
  }
  return undefined;
}

function hintFor(message: string): string | undefined {
  if (message.includes("Cannot use import statement outside a module") || message.includes("Unexpected token 'export'"))
    return 'name the file .mjs, or write "type": "module" into package.json';
  const missing = /^Cannot find package '([^']+)'/.exec(message);
  return missing ? `run npm install ${missing[1]}` : undefined;
}
