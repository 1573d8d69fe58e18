import { wholeMs } from "./job.ts";

/** How an attempt ended, to be settled. `error` and `message` go into the job's history. */
export type Ending =
  | { id: string; token: string; outcome: "completed"; result?: string }
  | { id: string; token: string; outcome: "retry"; delayMs: number; error: string; message: string }
  | { id: string; token: string; outcome: "failed"; error: string; message: string }
  | { id: string; token: string; outcome: "released" };

export type Settled = "settled" | "cancelled" | "lost";

/** As much of an error's message as is kept. Sidekiq keeps as much. */
const MESSAGE_CHARACTERS = 10_000;
const NAME_CHARACTERS = 200;

/**
 * The endings as the script settle takes them: in groups of one outcome, token and delay that follow each other, so that a
 * batch tells its token once, and its ids in one argument.
 */
export function settling(endings: readonly Ending[]): string[] {
  const sent: string[] = [];
  let group: Ending[] = [];
  for (const ending of endings) {
    if (group[0] && !isAlike(ending, group[0])) {
      send(group);
      group = [];
    }
    group.push(ending);
  }
  if (group.length > 0) send(group);
  return sent;

  function send(alike: readonly Ending[]) {
    const [first] = alike as [Ending];
    const details = alike.map(detailOf);
    const told = details.some((detail) => detail !== "") ? details : [];
    const ids = alike.map(({ id }) => id).join(" ");
    sent.push(first.outcome, first.token, delayOf(first), ids, String(told.length), ...told);
  }
}

function isAlike(a: Ending, b: Ending): boolean {
  return a.outcome === b.outcome && a.token === b.token && delayOf(a) === delayOf(b);
}

function delayOf(ending: Ending): string {
  return ending.outcome === "retry" ? String(wholeMs(ending.delayMs)) : "";
}

/** A word for each of so many endings. `refused` is what settle answered: which one, counted from 1, and its word … */
export function settledOf(count: number, refused: readonly string[] = []): Settled[] {
  const words = new Array<Settled>(count).fill("settled");
  for (let i = 0; i < refused.length; i += 2) words[Number(refused[i]) - 1] = refused[i + 1] as Settled;
  return words;
}

function detailOf(ending: Ending): string {
  if (ending.outcome === "completed") return ending.result ?? "";
  if (ending.outcome === "released") return "";
  // Anything can be thrown, with a name and a message of any type; a record that does not parse would be a job lost.
  const error = {
    error: String(ending.error).slice(0, NAME_CHARACTERS),
    message: String(ending.message).slice(0, MESSAGE_CHARACTERS),
  };
  return `,${JSON.stringify(error).slice(1, -1)}`;
}
