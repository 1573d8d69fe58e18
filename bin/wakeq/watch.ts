import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { basename, join } from "node:path";

/** Tells of changed files in a project. */
export interface ProjectWatch {
  /** Resolves to the next file that changes and that matters. Only the newest call is answered. */
  next(matters: (file: string) => boolean): Promise<string>;
  close(): void;
}

/** An editor saves in several steps, and often several files together. */
const SETTLED_MS = 40;
/** Each folder costs the system a watch: a project with more of them is watched in part. */
const MOST_FOLDERS = 4_000;
/** Folders of others: what is installed, built or kept there does not change the queue. Those that begin with a dot too. */
const LEFT_OUT = new Set(["node_modules", "dist", "build", "coverage"]);

/** Watches a project's folder, but for what is installed and what is built. */
export function watchProject(project: string): ProjectWatch {
  const watchers = new Map<string, FSWatcher>();
  const touched = new Set<string>();
  let waiting: { matters(file: string): boolean; resolve(file: string): void } | undefined;
  let timer: NodeJS.Timeout | undefined;

  function add(folder: string): void {
    if (watchers.has(folder) || watchers.size >= MOST_FOLDERS) return;
    try {
      const watcher = watch(folder, (_event, name) => name !== null && touch(join(folder, name)));
      watcher.on("error", () => forget(folder));
      watchers.set(folder, watcher);
      for (const each of readdirSync(folder, { withFileTypes: true }))
        if (each.isDirectory() && isWatched(each.name)) add(join(folder, each.name));
    } catch {
      forget(folder); // it has just gone, or may not be read
    }
  }

  function forget(folder: string): void {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  }

  function touch(path: string): void {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) {
      if (isWatched(basename(path))) add(path);
      return;
    }
    if (!stat) forget(path);
    touched.add(path);
    clearTimeout(timer);
    timer = setTimeout(tell, SETTLED_MS);
  }

  function tell(): void {
    const found = [...touched].find((file) => waiting?.matters(file));
    touched.clear();
    if (found === undefined) return;
    waiting?.resolve(found);
    waiting = undefined;
  }

  add(project);
  return {
    next: (matters) =>
      new Promise((resolve) => {
        waiting = { matters, resolve };
      }),
    close() {
      clearTimeout(timer);
      for (const folder of [...watchers.keys()]) forget(folder);
    },
  };
}

function isWatched(folder: string): boolean {
  return !LEFT_OUT.has(folder) && !folder.startsWith(".");
}

/** Tells whether a file may be code, or the settings of a project. */
export function isSource(file: string): boolean {
  return /\.([cm]?[jt]sx?|json)$/.test(file) || basename(file) === ".env";
}
