import type { Bytes } from "./replies.ts";

type ShowLine = (line: string) => void;

const NAMED: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x07": "\\a",
  "\b": "\\b",
  '"': '\\"',
  "\\": "\\\\",
};

/** The clients that watch every command by MONITOR. */
export class Monitors {
  private readonly watchers = new Set<ShowLine>();

  /** Adds a listener. Returns a function that removes it. */
  add(show: ShowLine): () => void {
    this.watchers.add(show);
    return () => this.watchers.delete(show);
  }

  /** Shows a command to them. `now` is in µs since the epoch. */
  feed(now: number, args: readonly Bytes[], source?: "lua"): void {
    if (this.watchers.size === 0) return;
    const time = `${Math.floor(now / 1e6)}.${String(now % 1e6).padStart(6, "0")}`;
    const line = `${time} [0 ${source ?? "embedded"}] ${args.map(shown).join(" ")}`;
    for (const show of this.watchers) queueMicrotask(() => show(line));
  }
}

function shown(argument: Bytes): string {
  const text = argument.replace(/[^ !#-[\]-~]/g, (byte) => {
    return NAMED[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${text}"`;
}
