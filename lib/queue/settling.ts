import { cut } from "../text.ts";
import { wholeMs } from "./job.ts";

interface EndingUnderToken {
  id: string;
  /** The token of the claim that took the job. */
  token: string;
}

interface RunEnding extends EndingUnderToken {
  /** When the attempt began, ms by Redis' clock, where that was after its claim. Default: as the record says. */
  startedAt?: number | undefined;
  /** The last log lines, JSON text of at most 8 KB. They replace those of an earlier attempt. */
  log?: string | undefined;
}

interface FailedEnding extends RunEnding {
  error: string;
  message: string;
  /** The error with its causes and its stack, JSON text of at most 16 KB. Default: its name and its message. */
  whole?: string | undefined;
}

/** How an attempt ended, to be settled. */
export type Ending =
  | (RunEnding & { outcome: "completed"; result?: string | undefined })
  | (FailedEnding & { outcome: "retry"; delayMs: number })
  | (FailedEnding & {
      outcome: "failed";
      /** The attempt did not begin: the job had waited for longer than it may. */
      isExpired?: true;
    })
  /** Given back for a while and not counted, because the worker does not know the task. Offered to those that do. */
  | (Omit<RunEnding, "startedAt"> & { outcome: "deferred"; delayMs: number })
  /** Given back because the task asked for it (`message`), and not counted: the delay adds to what the job has been snoozed. */
  | (Omit<RunEnding, "startedAt"> & { outcome: "snoozed"; delayMs: number; message?: string })
  /** Given back, to run as soon as possible, and not counted. With `startedAt`, it had begun and expires no more. */
  | (EndingUnderToken & { outcome: "released"; startedAt?: number | undefined });

/** What a settle says of each ending. */
export type Settled = "settled" | "cancelled" | "lost";

/** Endings that are alike, as scripts/parts/groups.lua reads them: the names are the same there. */
interface EndingGroup {
  outcome: Ending["outcome"];
  token: string;
  /** ms since the epoch, "" as the record says. */
  startedAt: string;
  /** The delay of a retry, a deferral or a snooze, else "". */
  delayMs: string;
  ids: string[];
  /** The details of each id: `detailsOf`. */
  details: string[][];
}

/** Writes endings as the script settle takes them: a batch has its token once, and its ids in one argument. */
export function settling(endings: readonly Ending[]): string[] {
  return groupsOf(endings).flatMap(written);
}

/** Groups endings that follow each other and agree in outcome, token, start and delay. */
function groupsOf(endings: readonly Ending[]): EndingGroup[] {
  const groups: EndingGroup[] = [];
  for (const ending of endings) {
    const { outcome, token } = ending;
    const startedAt = "startedAt" in ending ? instantOf(ending.startedAt) : "";
    const delayMs = "delayMs" in ending ? String(wholeMs(ending.delayMs)) : "";
    let group = groups.at(-1);
    const isAlike = group?.outcome === outcome && group.token === token;
    if (!group || !isAlike || group.startedAt !== startedAt || group.delayMs !== delayMs) {
      group = { outcome, token, startedAt, delayMs, ids: [], details: [] };
      groups.push(group);
    }
    group.ids.push(ending.id);
    group.details.push(detailsOf(ending));
  }
  return groups;
}

function written({ outcome, token, startedAt, delayMs, ids, details }: EndingGroup): string[] {
  // As many details for each id as the one with the most has.
  const detailCount = Math.max(...details.map((each) => each.findLastIndex((detail) => detail !== "") + 1));
  const told = details.flatMap((each) => Array.from({ length: detailCount }, (_, i) => each[i] ?? ""));
  return [outcome, token, startedAt, delayMs, ids.join(" "), String(detailCount), ...told];
}

/** Lists the details of one ending, "" for none, in the order of DETAILS in scripts/parts/ending.lua. */
function detailsOf(ending: Ending): string[] {
  switch (ending.outcome) {
    case "completed":
      return [ending.result ?? "", ending.log ?? ""];
    case "retry":
    case "failed":
      return [briefOf(ending), ending.whole ?? wholeOf(ending), ending.log ?? ""];
    case "deferred":
    case "snoozed":
      return [ending.log ?? ""];
    case "released":
      return [];
  }
}

const NAME_CHARACTERS = 200;
const LINE_CHARACTERS = 500;
const WHOLE_BYTES = 16 * 1024;

/**
 * Writes what the history keeps of an error: its name and the first line of its message that is not blank, as a piece of JSON.
 * Anything can be thrown, with a name and a message of any type, and a record that does not parse would be a lost job.
 */
function briefOf({ error, message }: { error: unknown; message: unknown }): string {
  const [line = ""] = cut(String(message), WHOLE_BYTES)
    .trimStart()
    .split(/[\r\n]/, 1);
  const brief = { error: cut(String(error), NAME_CHARACTERS), message: cut(line, LINE_CHARACTERS) };
  return `,${JSON.stringify(brief).slice(1, -1)}`;
}

function wholeOf({ error, message }: { error: unknown; message: unknown }): string {
  const name = cut(String(error), NAME_CHARACTERS);
  for (let characters = WHOLE_BYTES; ; characters = Math.floor(characters * 0.8)) {
    const whole = JSON.stringify({ name, message: cut(String(message), characters) });
    if (Buffer.byteLength(whole) <= WHOLE_BYTES) return whole;
  }
}

/** Writes an instant as the scripts take it: whole ms, "" for none. */
export function instantOf(ms: number | undefined): string {
  return ms !== undefined && ms >= 0 && ms <= MAX_INSTANT ? String(Math.round(ms)) : "";
}

const MAX_INSTANT = 8.64e15;

/** Gives a word for each of `count` endings. `refused` is what settle answered: which one, counted from 1, and its word … */
export function settledOf(count: number, refused: readonly string[] = []): Settled[] {
  const words = new Array<Settled>(count).fill("settled");
  for (let i = 0; i < refused.length; i += 2) words[Number(refused[i]) - 1] = refused[i + 1] as Settled;
  return words;
}

/** Says how many bytes an ending takes in a request at most: JSON in JSON doubles quotes and backslashes. */
export function bytesOf(ending: Ending): number {
  if (ending.outcome === "released") return 0;
  const log = byteLength(ending.log);
  if (ending.outcome === "completed") return 2 * (byteLength(ending.result) + log);
  if (ending.outcome === "deferred" || ending.outcome === "snoozed") return 2 * log;
  const whole = ending.whole === undefined ? WHOLE_BYTES : byteLength(ending.whole);
  return 2 * (whole + 7 * (NAME_CHARACTERS + LINE_CHARACTERS) + log);
}

function byteLength(text = ""): number {
  return Buffer.byteLength(text);
}
