import { type Answered, call, key, Refused, send } from "./api.ts";
import type { Bulk } from "./bulk-words.ts";
import {
  COUNTS,
  FAULT_MS,
  type Fetched,
  isDue,
  jobPath,
  jobsPath,
  mayPass,
  type Need,
  needsOf,
  pulsePath,
} from "./needs.ts";
import type { ViewPlace } from "./place.ts";
import { here, onPlace } from "./router.ts";
import type { ApiProblem, Job, KeyScope, ShownCounts, ShownJobs } from "./shapes.ts";
import type { TaskForms } from "./tasks.ts";
import { noteWaiting, type Waited } from "./trend.ts";

/** The last answer to a path, or why there is none. */
export interface Known extends Fetched {
  got?: Answered;
}

/** Everything that the page shows. */
export interface State {
  place: ViewPlace;
  known: Readonly<Record<string, Known>>;
  /** What is wrong with the page as a whole. */
  fault?: ApiProblem | undefined;
  /** What the key may do. */
  may: ReadonlySet<KeyScope>;
  /** When the page was last brought up to date, in ms. */
  now: number;
  /** How many jobs waited a while ago, since the page is open. */
  earlier?: Waited | undefined;
  /** A short message for the reader, also read out. */
  said: string;
  /** The form that is open over the page. */
  dialog?: Dialog | undefined;
  /** Many jobs that are being retried or deleted, step by step. */
  bulk?: Bulk | undefined;
  /** The tasks that can be submitted; undefined while nothing is known of them. */
  tasks?: TaskForms | undefined;
}

/** A form over the page. */
export type Dialog =
  | { name: "help" }
  | { name: "submit"; task?: string; payload?: string; priority?: string }
  | { name: "pause"; what: string; body: { task?: string; schedule?: string } };

const ASK_MS = 2_000;
const KEPT_ANSWERS = 30;

/** What is assumed until the API has said what the key may do. */
const READER: ReadonlySet<KeyScope> = new Set(["read"]);

/** The one truth: the list, the counts and the open job are all drawn from it. */
export let state: State = { place: here(), known: {}, may: READER, now: Date.now(), said: "" };

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let running: Promise<void> | undefined;
let tag: string | undefined;
let questions = 0;
const tags: Record<string, string> = {};

/** Calls back after each change. */
export function onChange(listener: () => void): void {
  listeners.add(listener);
}

/** Changes the state, and shows it. */
export function set(changes: Partial<State>): void {
  state = { ...state, ...changes };
  for (const each of listeners) each();
}

/** Returns the last answer to a path. */
export const answerOf = <T>(path: string) => state.known[path]?.got?.answer as T | undefined;

/** Returns the counts, with the times in them as they are now (ms). */
export function countsNow(now = state.now): ShownCounts | undefined {
  const counts = answerOf<ShownCounts>(COUNTS);
  if (counts === undefined) return undefined;
  const { oldest_ready_seconds: age, next_due_seconds: due } = counts;
  const since = Math.max(0, now - (state.known[COUNTS]?.at ?? now)) / 1_000;
  return {
    ...counts,
    ...(age === undefined ? {} : { oldest_ready_seconds: age + since }),
    ...(due === undefined ? {} : { next_due_seconds: Math.max(0, due - since) }),
  };
}

/** Starts to ask; from then on the page follows the queue while somebody looks at it. */
export function start(): void {
  onPlace((place) => {
    set({ place, fault: undefined });
    void refresh("moved");
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void refresh();
  });
  void refresh();
}

/** Why the page is brought up to date: time has passed, the reader has gone elsewhere, or has changed something. */
type Why = "time" | "moved" | "changed";

/** Brings the page up to date. During a refresh, another one follows it. */
export async function refresh(why: Why = "time"): Promise<void> {
  const before = running;
  const own = before ? before.then(() => once(why)) : once(why);
  // Whatever goes wrong, the next one begins.
  const settled = own.catch(() => {});
  running = settled;
  try {
    await own;
  } finally {
    if (running === settled) running = undefined;
  }
}

async function once(why: Why): Promise<void> {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    // Where the reader waits, the question is left out: an older tag leads to one fetch too many, never to one too few.
    if (why === "time" || tag === undefined) await pulse();
    let found = await fetchAll(dueNeeds(why));
    // A job that moved between two answers is asked for once more, with its list and the counts.
    if (disagrees(found)) found = { ...found, ...(await fetchAll(needsOf(state.place))) };
    show(found);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    set({ now: Date.now(), fault: error.problem });
  } finally {
    clearTimeout(timer);
    // Without a key there is nothing to ask for: the prompt goes on.
    if (state.fault?.status !== 401) timer = setTimeout(() => void refresh(), state.fault ? FAULT_MS : ASK_MS);
  }
}

/** Asks whether anything has changed. */
async function pulse(): Promise<void> {
  const path = pulsePath(countsNow(Date.now()), questions++);
  const { tag: found } = await send<{ tag: string }>("GET", path);
  // Each kind of question has a tag of its own, and any of them tells of a change.
  if (tags[path] !== found) tag = `${questions} ${found}`;
  tags[path] = found;
}

function dueNeeds(why: Why): Need[] {
  const now = Date.now();
  return needsOf(state.place).filter((need) => {
    const known = state.known[need.path];
    return why === "changed" || isLive(known, now) || isDue(need, known, tag, now);
  });
}

/** How often jobs that run are fetched although the queue has not changed, in a list: they may report progress. */
const PROGRESS_MS = 4_000;

/** Tells whether an answer shows a job that runs: its progress, note and log may change at any time. */
function isLive(known: Known | undefined, now: number): boolean {
  const answer = known?.got?.answer as Partial<Job & ShownJobs> | undefined;
  if (known === undefined || answer === undefined) return false;
  if (answer.jobs) return now - known.at >= PROGRESS_MS && answer.jobs.some(({ status }) => status === "processing");
  return answer.status === "processing";
}

type FetchedAnswer = Readonly<Record<string, Known>>;

async function fetchAll(needs: readonly Need[]): Promise<FetchedAnswer> {
  const now = Date.now();
  const found = await Promise.all(needs.map(async ({ path }) => [path, await fetchOne(path, now)] as const));
  return Object.fromEntries(found);
}

/** Shows what was found, all of it together. */
function show(found: FetchedAnswer): void {
  const may = found[COUNTS]?.got?.may;
  const earlier = noteWaiting(found[COUNTS]?.got?.answer as ShownCounts | undefined);
  const known = pruned({ ...state.known, ...found });
  set({ known, now: Date.now(), earlier, fault: faultIn(known), ...(may ? { may: new Set(may) } : {}) });
}

async function fetchOne(path: string, now: number): Promise<Known> {
  const before = state.known[path];
  const fetched = { tag, at: now };
  try {
    const got = (await call("GET", path, { etag: before?.got?.etag })) ?? before?.got;
    return { ...fetched, ...(got ? { got } : {}) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // What was shown before stays while the API does not answer.
    const stays = before?.got && error.problem.status !== 404 ? { got: before.got } : {};
    return { ...fetched, ...stays, problem: error.problem };
  }
}

/** Keeps the answers that were fetched last. */
function pruned(known: State["known"]): State["known"] {
  const all = Object.entries(known);
  return Object.fromEntries(all.sort(([, a], [, b]) => b.at - a.at).slice(0, KEPT_ANSWERS));
}

/** Returns what keeps the whole page from being up to date. A job that does not exist is said where it would be shown. */
function faultIn(known: FetchedAnswer): ApiProblem | undefined {
  const problems = needsOf(state.place).map(({ path }) => known[path]?.problem);
  return problems.find((each) => each !== undefined && mayPass(each));
}

/** Tells whether a job moved between the answers of one round: then the list would contradict the open job. */
function disagrees(found: FetchedAnswer): boolean {
  const { query, view } = state.place;
  if (query.job === undefined || view !== "jobs") return false;
  const known = { ...state.known, ...found };
  const open = known[jobPath(query.job)]?.got?.answer as Job | undefined;
  const list = known[jobsPath(query)]?.got?.answer as ShownJobs | undefined;
  const row = list?.jobs.find(({ job_id }) => job_id === open?.job_id);
  return open !== undefined && row !== undefined && (row.status !== open.status || row.retries !== open.retries);
}

/** Sends a command of the reader, shows what has become of it, and says so. @throws Refused */
export async function act(method: string, path: string, said: string, body?: unknown): Promise<unknown> {
  const answer = await send<unknown>(method, path, body);
  set({ said });
  await refresh("changed");
  return answer;
}

/** Takes a key for this session, and begins again with it. */
export function takeKey(value: string): void {
  key.set(value);
  set({ known: {}, may: READER, fault: undefined });
  void refresh();
}
