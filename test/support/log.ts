import type { Log } from "../../lib/observability/log.ts";

export interface Line {
  level: string;
  event: string;
  [field: string]: unknown;
}

/** A log that keeps its lines. */
export function keptIn(lines: Line[]): Log {
  return (level, event, fields) =>
    void lines.push({ level, event, ...(typeof fields === "function" ? fields() : fields) });
}
