import type { Whole } from "./failure.ts";
import type { JobDetails } from "./queue/client-queue.ts";
import type { Attempt } from "./queue/job.ts";

/** The value of a JSON text from Redis, undefined where there is none. */
export function parsed(json: string | undefined): unknown {
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined; // not written by us
  }
}

/** The attempts, with the whole error of the last one that failed and of the first. */
export function detailed(
  attempts: readonly Attempt[],
  { error, firstError }: Pick<JobDetails, "error" | "firstError">,
): (Attempt & { detail?: Whole })[] {
  const failed = attempts.filter(({ outcome }) => outcome === "failed");
  const [first, last] = [failed[0], failed.at(-1)];
  const [newest, oldest] = [wholeIn(error), wholeIn(firstError)];
  return attempts.map((attempt) => {
    if (attempt === last && newest) return { ...attempt, detail: newest };
    return attempt === first && oldest && isOf(attempt, oldest) ? { ...attempt, detail: oldest } : attempt;
  });
}

function wholeIn(json: string | undefined): Whole | undefined {
  const value = parsed(json) as Partial<Whole> | null | undefined;
  return typeof value?.name === "string" && typeof value.message === "string" ? (value as Whole) : undefined;
}

/** A long history has forgotten attempts behind its first one, which need not have failed. */
function isOf({ error, message = "" }: Attempt, whole: Whole): boolean {
  const words = whole.message.trimStart();
  return error === whole.name && (words.startsWith(message) || message.startsWith(words));
}
