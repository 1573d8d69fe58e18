import type { WholeError } from "../observability/failure.ts";
import type { LogLine } from "../observability/task-log.ts";
import type { PastAttempt } from "../queue/job.ts";
import type { JobDetails } from "../queue/job-queue.ts";

/** The parts of a job that may be damaged, or written by somebody else: by their names on the wire. */
export const PARTS = ["record", "payload", "result", "error", "log"] as const;
/** The name of such a part. */
export type PartName = (typeof PARTS)[number];

/** What lies beside a record, read. */
export interface DetailValues {
  payload?: unknown;
  result?: unknown;
  log?: LogLine[];
  /** The names of what is there and cannot be read. */
  unreadable: PartName[];
}

/** The longest part that we write. A longer one would make the answer too large for Lambda. */
const MOST_CHARACTERS = 1_000_000;

/** Reads what lies beside a record, whatever it is. Never throws. */
export function readDetails({ payload, result, log, error, firstError }: Omit<JobDetails, "job">): DetailValues {
  const read = { payload: parsed(payload), result: parsed(result), log: linesIn(log) };
  const isLost = {
    record: false,
    payload: isUnread(payload, read.payload),
    result: isUnread(result, read.result),
    error: isUnread(error, wholeIn(error)) || isUnread(firstError, wholeIn(firstError)),
    log: isUnread(log, read.log),
  };
  const known = Object.entries(read).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(known), unreadable: PARTS.filter((part) => isLost[part]) };
}

function isUnread(json: string | undefined, value: unknown): boolean {
  return json !== undefined && value === undefined;
}

/** Parses a JSON text from Redis. Undefined where there is none, or its value could not be sent on. */
export function parsed(json: string | undefined): unknown {
  if (json === undefined || json.length > MOST_CHARACTERS) return undefined;
  try {
    const value = JSON.parse(json) as unknown;
    if (mayBeDeep(json)) JSON.stringify(value); // which throws where it is nested too deep, as reading does not
    return value;
  } catch {
    return undefined; // not written by us
  }
}

/** Tells whether the text opens 1,000 brackets or more, and may be nested too deep to be written. */
function mayBeDeep(json: string): boolean {
  return json.length > 2_000 && json.split(/[[{]/, 1_001).length > 1_000;
}

function linesIn(json: string | undefined): LogLine[] | undefined {
  const lines = parsed(json);
  return Array.isArray(lines) && lines.every(isLine) ? lines : undefined;
}

function isLine(value: unknown): value is LogLine {
  if (typeof value !== "object" || value === null) return false;
  const { at, message, fields } = value as Partial<Record<keyof LogLine, unknown>>;
  return Number.isFinite(at) && typeof message === "string" && ["object", "undefined"].includes(typeof fields);
}

/** Adds the whole errors that are kept to the attempts: that of the last one that failed, and that of the first. */
export function detailed(
  attempts: readonly PastAttempt[],
  { error, firstError }: Pick<JobDetails, "error" | "firstError">,
): (PastAttempt & { detail?: WholeError })[] {
  const failed = attempts.filter(({ outcome }) => outcome === "failed");
  const [first, last] = [failed[0], failed.at(-1)];
  const [newest, oldest] = [wholeIn(error), wholeIn(firstError)];
  return attempts.map((attempt) => {
    if (attempt === last && newest) return { ...attempt, detail: newest };
    return attempt === first && oldest && isOf(attempt, oldest) ? { ...attempt, detail: oldest } : attempt;
  });
}

function wholeIn(json: string | undefined): WholeError | undefined {
  const value = parsed(json) as Partial<WholeError> | null | undefined;
  return typeof value?.name === "string" && typeof value.message === "string" ? (value as WholeError) : undefined;
}

/** Tells whether an error is this attempt's. A long history has forgotten attempts behind its first one, which need not have failed. */
function isOf({ error, message = "" }: PastAttempt, whole: WholeError): boolean {
  const words = whole.message.trimStart();
  return error === whole.name && (words.startsWith(message) || message.startsWith(words));
}
