import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { Fault } from "../errors.ts";
import type { UniqueKey } from "../queue/unique-key.ts";
import { faultsOf } from "../schema/check.ts";
import { isPromise } from "../schema/standard.ts";
import { withWords } from "../schema/with-words.ts";
import type { Task } from "../tasks.ts";
import { YEAR_SECONDS } from "./when.ts";

/** The longest unique key, in characters. */
const KEY_CHARACTERS = 512;

const UNTIL = `expected "started", "finished", or seconds: more than 0, at most a year`;

/** Makes the schema of how a job is unique. */
export function uniqueRule() {
  return z.strictObject({
    key: withWords(
      z.string().check(z.minLength(1), z.maxLength(KEY_CHARACTERS)),
      "Counts within the task; only its hash is stored",
    ),
    until: withWords(
      z.optional(
        z.union([z.enum(["started", "finished"]), z.number().check(z.gt(0), z.lte(YEAR_SECONDS))], { error: UNTIL }),
      ),
      "Until when the job holds the key: `started`, its first attempt begins; `finished` (the default), it has completed, failed or been cancelled; or for this many seconds, at most a year",
    ),
  });
}

/** How a job is unique, as a request or a task says it. */
export type UniqueRule = z.infer<ReturnType<typeof uniqueRule>>;

/** The unique key of a job, if it has one; or what is wrong with it. `thrown`: what the task threw, for the log. */
export type ReadUnique = { unique?: UniqueKey; faults?: undefined } | { faults: Fault[]; thrown?: unknown };

/** Reads the unique key of a job: the one that its request gives, else the one that its task makes of the input. Never throws. */
export function readUnique(task: Task, given: UniqueRule | undefined, input: unknown, at: string): ReadUnique {
  if (given) return { unique: uniqueKeyOf(task.name, given) };
  if (!task.unique) return {};
  try {
    const made: unknown = task.unique(input);
    if (made === undefined) return {};
    if (isPromise(made)) return { faults: [inWords(task.name, { pointer: "", detail: refused(made) }, at)] };
    const read = z.safeParse(uniqueRule(), typeof made === "string" ? { key: made } : made);
    if (read.success) return { unique: uniqueKeyOf(task.name, read.data) };
    return { faults: faultsOf(read.error.issues, "").map((fault) => inWords(task.name, fault, at)) };
  } catch (thrown) {
    return {
      faults: [{ pointer: `${at}/payload`, detail: "the task's `unique` function threw an error for this payload" }],
      thrown,
    };
  }
}

/** Says why a promise is refused. Nobody waits for it, so nobody must hear of its rejection. */
function refused(made: Promise<unknown>): string {
  void made.then(undefined, () => {});
  return "got a promise; `unique` must be synchronous";
}

function inWords(task: string, { pointer, detail }: Fault, at: string): Fault {
  const where = pointer === "" ? "" : ` at ${pointer}`;
  return {
    pointer: `${at}/payload`,
    detail: `unique of the task ${task} must return a key, { key, until } or undefined${where}: ${detail}`,
  };
}

function uniqueKeyOf(task: string, { key, until = "finished" }: UniqueRule): UniqueKey {
  const hash = createHash("sha256")
    .update(JSON.stringify(["unique", task, key]))
    .digest("base64url")
    .slice(0, 22);
  return { hash, until: typeof until === "number" ? until * 1_000 : until };
}
