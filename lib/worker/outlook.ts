import type { Claimed, ClaimRequest } from "../queue/worker-queue.ts";
import type { Mode } from "./next-step.ts";
import { Pace } from "./pace.ts";

/** What a worker knows of the queue from its claims, and what its next claim must say. Instants are `performance.now()`. */
export class Outlook {
  readonly #nextToken: () => string;
  readonly #pace = new Pace();
  /** Jobs are ready. */
  #hasMore = false;
  /** A wake-up came that no claim has reported. True at first: the first claim reports the one that started this worker. */
  #wakeUpPending = true;
  #isClaiming = false;
  /** A job is due then, and this worker waits for it. */
  #lingerUntil = Number.POSITIVE_INFINITY;
  /** The token of a claim whose answer was lost. Asked again under it, Redis answers with the same jobs. */
  #openToken: string | undefined;
  /** Jobs went back to their list, and nobody was told; or they are about to be put there. */
  #gaveBack = false;
  #leavesWork = false;
  /** The queue was paused at the last claim, so another worker would find nothing to do either. */
  #isPaused = false;
  /** The jobs of the last claim run apart from all others. */
  #isIsolated = false;
  /** Since when jobs have been waiting that only a worker that holds nothing can take. */
  #suspectsSince: number | undefined;

  /** `nextToken` names a claim, differently at each call. */
  constructor(nextToken: () => string) {
    this.#nextToken = nextToken;
  }

  get mode(): Mode {
    if (this.#hasMore || this.#wakeUpPending) return "hungry";
    if (this.#pace.stays) return "pacing";
    return Number.isFinite(this.#lingerUntil) ? "lingering" : "sated";
  }

  get claimAt(): number {
    return Math.min(this.#pace.claimAt, this.#lingerUntil);
  }

  get mustAsk(): boolean {
    return this.#openToken !== undefined || this.#gaveBack;
  }

  get hasPromised(): boolean {
    return this.#pace.stays || Number.isFinite(this.#lingerUntil);
  }

  /** It claims nothing before those that it holds have ended. */
  get isIsolated(): boolean {
    return this.#isIsolated;
  }

  /** Since when jobs have been waiting for a worker that holds nothing. `Infinity`: there are none. */
  get suspectsSince(): number {
    return this.#suspectsSince ?? Number.POSITIVE_INFINITY;
  }

  get leavesWork(): boolean {
    return this.#leavesWork;
  }

  /** The whole queue is paused, so there is nothing to hand over. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /**
   * Makes the claim to send now, of a worker that holds this many jobs. A claim of 0 withdraws this worker's promises and reports
   * no wake-up. Only a worker that will have a free slot afterwards promises to claim again: others must not sleep behind
   * one that is full.
   */
  claim(count: number, holding: number, freeSlots: number, now: number): ClaimRequest {
    const takes = count > 0;
    const request = {
      token: this.#openToken ?? this.#nextToken(),
      count,
      holding,
      arrived: takes && this.#wakeUpPending,
      againMs: takes && count <= freeSlots ? this.#pace.promiseMs(now) : 0,
    };
    this.#openToken = undefined;
    this.#gaveBack = false;
    if (takes) this.#wakeUpPending = false;
    this.#isClaiming = true;
    if (takes && holding === 0) this.#suspectsSince = undefined;
    return request;
  }

  /** Notes what a claim took and saw. `isStopping`: the worker begins no more jobs. */
  noteAnswer(claim: ClaimRequest, claimed: Claimed, now: number, isStopping: boolean): void {
    const { jobs, more, now: redisNow, claimAgainAt, isolated, suspects } = claimed;
    this.#isClaiming = false;
    this.#isIsolated = isolated || (this.#isIsolated && (claim.holding ?? 0) > 0);
    if (suspects) this.#suspectsSince ??= now;
    const lingered = Number.isFinite(this.#lingerUntil);
    this.#hasMore = more;
    this.#isPaused = claimed.paused?.includes("") ?? false;
    this.#lingerUntil = claimAgainAt === undefined ? Number.POSITIVE_INFINITY : now + claimAgainAt - redisNow;
    this.#pace.noteClaim(now, jobs.length, (claim.againMs ?? 0) > 0);
    // A claim of 0 gave up the job that it waited for: a later claim waits again, or the worker leaves the job behind.
    if (claim.count > 0 || !lingered) return;
    if (isStopping) this.#leavesWork = true;
    else this.#hasMore = true;
  }

  /** Notes that no answer to a claim came: the next one asks again under its token. */
  noteLost(claim: ClaimRequest): void {
    this.#isClaiming = false;
    this.#openToken = claim.token;
    this.#wakeUpPending ||= claim.arrived;
  }

  /** Notes a wake-up that reached the worker while it works. */
  noteWakeUp(): void {
    // A hungry worker claims anyway. If it reported a wake-up that it caused itself, each wake-up would cause another.
    this.#wakeUpPending ||= this.mode !== "hungry" || this.#isClaiming;
  }

  /** Notes that jobs went back to their list. */
  noteGivenBack(): void {
    this.#gaveBack = true;
  }

  /** Notes that slots are to be fired: the claim that goes with them finds their jobs. */
  noteFiring(): void {
    this.#gaveBack = true;
  }

  /** Notes that a job will be due soon. The next claim decides who waits for it. */
  noteDueSoon(): void {
    if (!this.#pace.stays) this.#hasMore = true;
  }

  /** Notes, as the worker stops, that a job is ready, or is due soon and nobody waits for it. */
  noteLeft(): void {
    this.#leavesWork = true;
  }
}
