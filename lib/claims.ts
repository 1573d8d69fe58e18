import { Pace } from "./pace.ts";
import type { Claimed, ClaimRequest } from "./queue/queue.ts";

/** So many quick batches in a row promise another one. */
const QUICK_IN_A_ROW = 3;

export interface Claim extends ClaimRequest {
  /** No other claim was on its way at the same time. */
  alone: boolean;
}

/** When a drain claims and under which token, by what its claims told of the queue. Instants are `performance.now()`. */
export class Claims {
  readonly #nextToken: () => string;
  readonly #pace = new Pace();
  /** Jobs are known, or likely, to be ready. */
  #hungry = true;
  /** Woken, and not yet claimed for that: the next claim takes the wake-up in flight for its own. */
  #arrived = true;
  /** A job is due then, and this worker is the one that waits for it. */
  #lingerUntil = Number.POSITIVE_INFINITY;
  /** What these will see was pushed before. */
  readonly #onTheirWay: Claim[] = [];
  /** Of claims whose answers were lost: asked again under the same token, they get the same jobs. */
  readonly #openTokens: string[] = [];
  /** Batches in a row, to the last one. */
  #quickInARow = 0;
  /** Jobs were put back that nobody has been told of. */
  #gaveBack = false;
  /** The last answer was that of a claim that was not alone: what it told may not be what stands in Redis. */
  #crossed = false;
  /** Work that this worker leaves to whoever comes next. */
  #leavesWork = false;

  constructor(nextToken: () => string) {
    this.#nextToken = nextToken;
  }

  /** A claim would probably bring jobs: no reason to wait with it. */
  get isHungry(): boolean {
    return this.#hungry || this.#arrived;
  }

  isDue(now: number): boolean {
    return this.isHungry || this.mustAsk || now >= this.#lingerUntil || this.#pace.msToClaim(now) <= 0;
  }

  /**
   * A claim must be sent even where there is room for none of its jobs: to ask what an unanswered one took, and to have it
   * looked at who runs the jobs that were given back.
   */
  get mustAsk(): boolean {
    return this.#openTokens.length > 0 || this.#gaveBack;
  }

  /** Who leaves has still to send a claim: one of those, or to take back the promise to claim again. */
  get isOwed(): boolean {
    return this.mustAsk || this.#crossed || this.#pace.stays || Number.isFinite(this.#lingerUntil);
  }

  get expectsMore(): boolean {
    return this.isHungry || this.isOwed || this.#leavesWork;
  }

  /**
   * Should a second claim be on its way beside the first? So it is while jobs are quick and more are ready: they end as
   * soon as they begin, so the second batch finds its places free when it comes, and Redis, the network and the worker
   * work at the same time.
   */
  get looksAhead(): boolean {
    return this.#hungry && this.#quickInARow >= QUICK_IN_A_ROW;
  }

  msToLinger(now: number): number {
    return this.#lingerUntil - now;
  }

  msToPace(now: number): number {
    return this.#pace.msToClaim(now);
  }

  /** A wake-up reached the worker in the midst of its work. */
  noteWakeUp(): void {
    // Hungry it claims anyway. Taken for its own, the wake-up for a backlog that came back to it would cause the next.
    if (this.looksAhead) this.#cross();
    else this.#arrived ||= !this.#hungry || this.#onTheirWay.length > 0;
  }

  /** Claimed jobs found no place, and go back into their line. */
  noteGivenBack(): void {
    this.#gaveBack = true;
  }

  /** It will leave, and a job is ready, or due soon and nobody waits for it. */
  noteLeft(): void {
    this.#leavesWork = true;
  }

  /** Whether a whole batch ended as soon as it began, and left others behind it. */
  noteBatch(quick: boolean): void {
    this.#quickInARow = quick ? this.#quickInARow + 1 : 0;
  }

  /** A claim to be sent now. It hears of its end by `noteAnswer` or `noteLost`. */
  next(now: number, count: number): Claim {
    const token = this.#openTokens.shift() ?? this.#nextToken();
    const claim = { token, count, arrived: this.#arrived, againMs: this.#pace.promiseMs(now), alone: true };
    this.#arrived = false;
    return this.#send(claim);
  }

  /** The same, but it takes no jobs, and no wake-up for its own. Those of an open token come nevertheless. */
  ofNothing(): Claim {
    return this.#send({ token: this.#openTokens.shift() ?? this.#nextToken(), count: 0, arrived: false, alone: true });
  }

  noteAnswer(claim: Claim, { jobs, more, now: redisNow, claimAgainAt }: Claimed): void {
    this.#end(claim);
    this.#crossed = !claim.alone;
    const now = performance.now();
    // Who leaves while he waits for a job leaves work behind. Of two claims nobody knows which one saw the queue last.
    this.#hungry = more || !claim.alone || (claim.count === 0 && Number.isFinite(this.#lingerUntil));
    this.#lingerUntil = claimAgainAt === undefined ? Number.POSITIVE_INFINITY : now + claimAgainAt - redisNow;
    this.#pace.noteClaim(now, jobs.length, (claim.againMs ?? 0) > 0);
  }

  noteLost(claim: Claim): void {
    this.#end(claim);
    this.#openTokens.push(claim.token);
    this.#arrived ||= claim.arrived;
    this.#quickInARow = 0;
  }

  /** Of what is on its way, no answer alone will tell what is left. */
  #cross(): void {
    for (const claim of this.#onTheirWay) claim.alone = false;
  }

  #send(claim: Claim): Claim {
    claim.alone = this.#onTheirWay.length === 0;
    this.#cross();
    this.#gaveBack = false;
    this.#onTheirWay.push(claim);
    return claim;
  }

  #end(claim: Claim): void {
    this.#onTheirWay.splice(this.#onTheirWay.indexOf(claim), 1);
  }
}
