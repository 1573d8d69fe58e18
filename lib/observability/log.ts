import { inertJson } from "../text.ts";

/** From the most talkative to none at all. */
export const LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
/** The least level of events that are logged. */
export type LogLevel = (typeof LEVELS)[number];

type LogFields = Record<string, unknown>;

/**
 * Writes one event. `fields` go on the line as they are: snake_case, no payloads, no tokens. A function that makes them is
 * called only where the line is written. docs/observability.md lists all events.
 */
export type Log = (level: Exclude<LogLevel, "silent">, event: string, fields?: LogFields | (() => LogFields)) => void;

/** Makes a log that adds these fields to each line. */
export function adding(log: Log, more: () => LogFields): Log {
  return (level, event, fields) =>
    log(level, event, () => ({ ...(typeof fields === "function" ? fields() : fields), ...more() }));
}

/** Makes a log that writes one JSON object a line, on stderr: Lambda collects it, and stdout stays for results (`sls invoke local`). */
export function createLog(threshold: LogLevel, write = (line: string) => void process.stderr.write(line)): Log {
  const from = LEVELS.indexOf(threshold);
  return (level, event, fields = {}) => {
    if (LEVELS.indexOf(level) < from) return;
    const told = typeof fields === "function" ? fields() : fields;
    write(`${inertJson(JSON.stringify({ time: new Date().toISOString(), level, event, ...told }))}\n`);
  };
}
