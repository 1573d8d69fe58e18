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

  constructor(nextToken: () => string) {
    this.#nextToken = nextToken;
  }

  /** A claim would probably bring jobs: no reason to wait with it. */
  get isHungry(): boolean {
    return this.#hungry || this.#arrived;
  }

  isDue(now: number): boolean {
    return this.isHungry || this.#openTokens.length > 0 || now >= this.#lingerUntil || this.#pace.msToClaim(now) <= 0;
  }

  /** A claim has still to ask what an unanswered one took, or to take back the promise to claim again. */
  get isOwed(): boolean {
    return this.#openTokens.length > 0 || this.#pace.stays || Number.isFinite(this.#lingerUntil);
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
    this.#arrived ||= !this.#hungry || this.#onTheirWay.length > 0;
  }

  /** A job was put back into its line, or will be due soon and nobody waits for it. */
  noteReady(): void {
    this.#hungry = true;
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

  /** The same of a worker that will claim no more: it takes nothing, and no wake-up for its own. */
  last(): Claim {
    return this.#send({ token: this.#openTokens.shift() ?? this.#nextToken(), count: 0, arrived: false, alone: true });
  }

  noteAnswer(claim: Claim, { jobs, more, now: redisNow, claimAgainAt }: Claimed): void {
    this.#end(claim);
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

  #send(claim: Claim): Claim {
    claim.alone = this.#onTheirWay.length === 0;
    for (const other of this.#onTheirWay) other.alone = false;
    this.#onTheirWay.push(claim);
    return claim;
  }

  #end(claim: Claim): void {
    this.#onTheirWay.splice(this.#onTheirWay.indexOf(claim), 1);
  }
}
