import { openSync, readFileSync, writeSync } from "node:fs";

/**
 * Marks that runs append to a file, a line each. They outlive a worker that is killed; the machine never loses power.
 *
 * began    a run of this attempt began
 * did      the run did its work, whatever becomes of its settle; `at` is ms since the epoch
 * stalled  the process did not run in this time (frozen, or the machine was busy)
 */
export type Mark =
  | { what: "began" | "did"; id: string; attempt: number; worker: string; at: number }
  | { what: "stalled"; worker: string; from: number; to: number };

export function openMarks(file: string): (mark: Mark) => void {
  const fd = openSync(file, "a");
  return (mark) => void writeSync(fd, `${JSON.stringify(mark)}\n`);
}

export function readMarks(file: string): Mark[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Mark);
}

const LOOK_MS = 50;

/** Reports when this process stood still for longer than `longestMs`. Instants are ms since the epoch. */
export function watchForStalls(longestMs: number, tell: (from: number, to: number) => void): () => void {
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > longestMs) tell(last, now);
    last = now;
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
