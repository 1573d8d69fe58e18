import { Refused, send } from "./api.ts";
import type { Bulk } from "./bulk-words.ts";
import { refresh, type State, set, state } from "./store.ts";

/** Which jobs of a status: all of a group of failures, or those that are named. */
export interface Chosen {
  status: "failed" | "cancelled" | "completed";
  task?: string;
  fingerprint?: string;
  /** An instant: only those that ended from then on. */
  since?: string | undefined;
  ids?: readonly string[];
}

interface Step {
  done: number;
  skipped: number;
  left: boolean;
  cursor?: string;
}

/** The most jobs of one request: it stays short, and the queue's other work goes on between two. */
const STEP = 100;

/** Tells whether jobs are being changed. There is one such change at a time: each has its own count and its own end. */
export const isChanging = ({ bulk }: Pick<State, "bulk">) => bulk !== undefined && bulk.mode !== "ended";

/**
 * Retries or deletes jobs in steps, each of which the page shows, until all are done or the reader stops it. Does nothing
 * while another such change runs.
 */
export async function changeMany(verb: Bulk["verb"], what: string, of: Bulk["of"], ...chosen: Chosen[]): Promise<void> {
  if (isChanging(state)) return;
  const bulk: Bulk = { verb, what, of, done: 0, skipped: 0, mode: "running" };
  set({ bulk });
  try {
    for (const body of chosen.flatMap(stepsOf)) await untilDone(verb, body);
    set({ bulk: { ...(state.bulk ?? bulk), mode: "ended" } });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    set({ bulk: { ...(state.bulk ?? bulk), mode: "ended", fault: error.message } });
  }
  await refresh("changed");
}

/** Ends after the step that runs. */
export function stopMany(): void {
  if (state.bulk) set({ bulk: state.bulk.mode === "ended" ? undefined : { ...state.bulk, mode: "stopping" } });
}

function stepsOf({ ids, ...rest }: Chosen): object[] {
  if (!ids) return [{ ...rest, limit: STEP }];
  const parts = Array.from({ length: Math.ceil(ids.length / STEP) }, (_, i) => ids.slice(i * STEP, (i + 1) * STEP));
  return parts.map((part) => ({ ...rest, ids: part }));
}

async function untilDone(verb: Bulk["verb"], body: object): Promise<void> {
  let cursor: string | undefined;
  while (state.bulk?.mode === "running") {
    const step = await send<Step>("POST", `${verb}-jobs`, { ...body, ...(cursor ? { cursor } : {}) });
    const { done, skipped, left, cursor: next } = step;
    const { bulk } = state;
    if (bulk) set({ bulk: { ...bulk, done: bulk.done + done, skipped: bulk.skipped + skipped } });
    const isStuck = done + skipped === 0 && next === cursor;
    if (!left || isStuck) return;
    cursor = next;
  }
}
