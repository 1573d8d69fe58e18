/**
 * What the worker knows about the queue.
 *
 * - `hungry`: jobs are ready, or likely to be. It claims as soon as there is room.
 * - `pacing`: the queue was empty, but jobs have been coming fast. It claims again at `claimAt`. Redis keeps
 *   its promise to do so, and until then submits wake nobody.
 * - `lingering`: nothing is ready, but a job is due at `claimAt`, and this worker is the one that waits for it.
 * - `sated`: nothing is ready and nothing is expected.
 */
export type Mode = "hungry" | "pacing" | "lingering" | "sated";

/** Why a worker starts no more jobs. */
export type Stopping = "deadline" | "shutdown" | "crash";
/** Why a worker left. */
export type StopReason = Stopping | "empty" | "unreachable";

/** When a worker that always has work stops claiming for a while, in ms, so that it runs empty: `getsEmpty`. */
const EMPTY_FOR_MS = 5_000;
const EMPTY_EVERY_MS = 30_000;
const GETS_EMPTY_MS = 60_000;

/** Everything that decides a worker's next step. Times are in ms of one clock; `Infinity` means never. */
export interface DrainState {
  mode: Mode;
  claimAt: number;
  /** A claim must go out even if there is no room: an earlier one got no answer, or jobs went back to their list. */
  mustAsk: boolean;
  /** Redis keeps a promise by this worker, which it must take back before it leaves. */
  hasPromised: boolean;
  /** The jobs that it holds must run apart from all others, so it claims nothing else. */
  isIsolated: boolean;
  /** Since when suspects have been waiting that only an empty worker can take. `Infinity` unless no other worker may come. */
  suspectsSince: number;
  /** If it left now, it would leave behind jobs that are ready or due soon. */
  leavesWork: boolean;
  /** Why it starts no more jobs; undefined while it does. */
  stopping: Stopping | undefined;
  /** Its invocation is nearly over, and it is too late for one more request. */
  isPast: boolean;

  concurrency: number;
  running: number;
  buffered: number;
  /** How many jobs the buffer should hold, besides the running ones. */
  bufferFor: number;
  /** How many attempts have ended and are not settled. */
  ended: number;

  /** The earliest time of the next request while the buffer keeps the slots full. */
  paceAt: number;
  /** When a lease must be extended, or progress reported. */
  leaseAt: number;
  /** When to look again: a buffered job has waited too long, or the worker must stop, release or give up. */
  checkAt: number;
  /** Set while requests fail. The worker tries again at `retryAt`. If it holds nothing, it gives up at `giveUpAt`. */
  outage: { retryAt: number; giveUpAt: number } | undefined;
}

/** What a worker does next. */
export type NextStep =
  /** Report what ended, extend what is due, and claim `claim` jobs. 0: a claim that takes none. Undefined: no claim. */
  { do: "send"; claim: number | undefined } | { do: "wait"; until: number } | { do: "leave"; why: StopReason };

/** Decides a worker's next step. Pure: its table of cases is test/worker/next-step.test.ts. */
export function nextStep(state: DrainState, now: number): NextStep {
  const { outage } = state;
  const isDone = state.running + state.buffered + state.ended === 0;
  if (outage) {
    if (state.isPast || (isDone && now >= outage.giveUpAt)) return { do: "leave", why: "unreachable" };
    if (now < outage.retryAt) return { do: "wait", until: Math.min(outage.retryAt, state.checkAt) };
  }
  const claim = claimNow(state, now);
  if (claim !== undefined || reportsNow(state, now)) return { do: "send", claim };
  const why = isDone ? leavesFor(state) : undefined;
  return why ? { do: "leave", why } : { do: "wait", until: nextChange(state, now) };
}

function claimNow(state: DrainState, now: number): number | undefined {
  if (state.stopping) return state.mustAsk || state.hasPromised ? 0 : undefined;
  const room = Math.max(0, roomOf(state, now));
  if (state.mustAsk) return room;
  if (room === 0 || state.mode === "sated") return undefined;
  const isDue = state.mode === "hungry" ? !isAtPace(state, now) : now >= state.claimAt;
  return isDue ? room : undefined;
}

function reportsNow(state: DrainState, now: number): boolean {
  if (now >= state.leaseAt) return true;
  return state.ended > 0 && !isAtPace(state, now) && !waitsForClaim(state, now);
}

/** Computes how many jobs there is room for. Only a backlog is buffered: for single jobs, free slots are enough. */
function roomOf(state: DrainState, now: number): number {
  const { mode, concurrency, bufferFor, running, buffered } = state;
  const holding = running + buffered;
  if (holding > 0 && (state.isIsolated || getsEmpty(state, now))) return 0;
  return concurrency + (mode === "hungry" ? bufferFor : 0) - holding;
}

/**
 * Tells whether the worker stops claiming for a while, so that it runs empty and can take suspects: for 5 s in every 30 s.
 * After a minute it claims nothing more until it is empty.
 */
function getsEmpty({ suspectsSince }: DrainState, now: number): boolean {
  const waitedMs = now - suspectsSince;
  return waitedMs >= 0 && (waitedMs >= GETS_EMPTY_MS || waitedMs % EMPTY_EVERY_MS < EMPTY_FOR_MS);
}

/** Tells whether to hold a request back: the buffer keeps the slots full, and a later request settles and claims more. */
function isAtPace(state: DrainState, now: number): boolean {
  return keepsSlotsFull(state) && !state.stopping && now < state.paceAt;
}

function keepsSlotsFull({ buffered, concurrency, running }: DrainState): boolean {
  return buffered > concurrency - running;
}

/** Tells whether to report ended attempts with the next claim, which comes soon anyway. */
function waitsForClaim(state: DrainState, now: number): boolean {
  return state.mode === "pacing" && !state.stopping && roomOf(state, now) > 0;
}

/** Returns why a worker that holds nothing leaves; undefined if it stays. */
function leavesFor({ stopping, mode, leavesWork }: DrainState): StopReason | undefined {
  if (stopping === "shutdown" || stopping === "crash") return stopping;
  return mode === "sated" && !leavesWork ? "empty" : stopping;
}

function nextChange(state: DrainState, now: number): number {
  const { leaseAt, checkAt, paceAt, claimAt, mode } = state;
  const mayClaim = !state.stopping && roomOf(state, now) > 0;
  const isPaced = keepsSlotsFull(state) && (state.ended > 0 || (mayClaim && mode === "hungry"));
  return Math.min(
    leaseAt,
    checkAt,
    getsEmpty(state, now) ? now + EMPTY_FOR_MS : Number.POSITIVE_INFINITY,
    isPaced ? paceAt : Number.POSITIVE_INFINITY,
    mayClaim && (mode === "pacing" || mode === "lingering") ? claimAt : Number.POSITIVE_INFINITY,
  );
}
