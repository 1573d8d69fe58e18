import { describe, type Fault } from "../errors.ts";
import type { ClaimedJob } from "../queue/worker-queue.ts";
import { faultsOf, inWords } from "../schema/check.ts";
import { isPromise, SCHEMA_MS, type Validated, validate } from "../schema/standard.ts";
import { NonRetriableError, type Task } from "../tasks.ts";
import { onOneLine } from "../text.ts";

/** Parses a claimed job's payload; undefined where it has none. @throws NonRetriableError where Redis has lost it */
export function payloadOf({ job, payload }: ClaimedJob): unknown {
  if (payload !== undefined) return JSON.parse(payload);
  if (!job.payloadBytes) return undefined;
  throw new NonRetriableError("Redis has lost the payload: is it set to evict keys?");
}

/**
 * A payload as its task's schema reads it, or what is wrong with it. `thrown`: what the schema threw, for the log. `isLate`: it
 * did not answer in time, so nobody knows.
 */
export type ReadPayload = { input: unknown; faults?: undefined } | { faults: Fault[]; thrown?: unknown; isLate?: true };

/**
 * Reads a payload with its task's schema; an absent one counts as `{}`. A promise only where the schema gives one. Never
 * throws. `at`: the JSON pointer of the payload within the body.
 */
export function readPayload(task: Task, payload: unknown, at = ""): ReadPayload | Promise<ReadPayload> {
  const validated = validate(task.input, payload === undefined ? {} : payload);
  return isPromise(validated) ? validated.then((each) => readOf(each, at)) : readOf(validated, at);
}

const LATE = `the task's schema did not answer within ${SCHEMA_MS / 1_000} s`;

function readOf(validated: Validated, at: string): ReadPayload {
  if ("isLate" in validated) return { faults: [{ pointer: at, detail: LATE }], isLate: true };
  if ("thrown" in validated) return threw(validated.thrown, at);
  if (!validated.issues) return { input: validated.value };
  try {
    return { faults: faultsOf(validated.issues, at) };
  } catch (thrown) {
    return threw(thrown, at); // an issue that cannot be read
  }
}

function threw(thrown: unknown, at: string): ReadPayload {
  return { faults: [{ pointer: at, detail: "the task's schema threw an error for this payload" }], thrown };
}

/** Gives the input of a run. @throws Error where the payload does not fit, or the schema threw (its cause) or hangs */
export function inputOf(read: ReadPayload): unknown {
  if (!read.faults) return read.input;
  if (read.isLate) throw new Error(LATE);
  if (read.thrown === undefined)
    throw new Error(`the payload does not fit the task: ${onOneLine(inWords(read.faults, "the payload"))}`);
  throw new Error(`the task's schema threw an error for this payload: ${wordsOf(read.thrown)}`, { cause: read.thrown });
}

function wordsOf(thrown: unknown): string {
  try {
    const { name, message } = describe(thrown);
    return `${name}: ${message}`;
  } catch {
    return "what it threw cannot be read";
  }
}
