import { printable, printableLines } from "./printable.ts";

const QUIET = [
  /^$/,
  /^[┌│└]/,
  /\(λ: \w+\)/,
  /^Starting Offline/,
  /^Offline \[/,
  /^Function names/,
  /^ {3}\* /,
  /^Scheduling/,
  /^Successfully invoked scheduled function/,
  /^Server ready/,
];

/**
 * Makes a line of the functions' output readable for people; undefined for lines that tell them nothing. Much of it is
 * foreign text: what a task was given, what a server answered.
 */
export function lineOf(line: string): string | undefined {
  if (QUIET.some((pattern) => pattern.test(line))) return undefined;
  if (!line.startsWith("{")) return printable(line);
  try {
    return readable(JSON.parse(line) as Record<string, unknown>);
  } catch {
    return printable(line);
  }
}

/** Writes a log event as `18:33:14  completed  job 1b3c…  send_email  attempt 2  512 ms` */
function readable({ time, level: _l, event, ...fields }: Record<string, unknown>): string {
  const { stack, job_id, task, attempt, duration_ms, worker: _w, request_id: _r, _aws, ...rest } = fields;
  const parts = [
    String(time).slice(11, 19),
    String(event).padEnd(10),
    ...(job_id === undefined ? [] : [`job ${String(job_id).slice(0, 8)}…`]),
    ...(task === undefined ? [] : [String(task)]),
    ...(attempt === undefined ? [] : [`attempt ${attempt}`]),
    ...(duration_ms === undefined ? [] : [`${duration_ms} ms`]),
    ...Object.entries(rest).map(
      ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
    ),
  ];
  const text = printable(parts.join("  "));
  return stack !== undefined ? `${text}\n${printableLines(String(stack))}` : text;
}
