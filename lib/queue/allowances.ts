/** How many jobs a caller may submit in a period; any other request counts as one. */
export interface RateRule {
  jobs: number;
  periodMs: number;
}

interface Refusal {
  jobs: number;
  /** When as many jobs would be allowed again, ms on the clock that the caller of this file reads. */
  until: number;
}

/** The refusals that this process has heard of. Until there can be room again, a further one needs no command. */
export class Allowances {
  readonly #refusals = new Map<string, Refusal>();

  /** Ms to wait at least; 0: nothing is known. Others may use the allowance up further, so it is never too long. */
  waitMs(caller: string, rule: RateRule, jobs: number, now: number): number {
    const known = this.#refusals.get(nameOf(caller, rule));
    if (known === undefined) return 0;
    // A millisecond less where it is reckoned from another number of jobs: the one told was rounded up.
    const sooner = jobs < known.jobs ? 1 + Math.ceil(((known.jobs - jobs) * rule.periodMs) / rule.jobs) : 0;
    return Math.max(0, Math.ceil(known.until - sooner - now));
  }

  /** `now`: when it was asked, before the answer came. */
  refused(caller: string, rule: RateRule, jobs: number, waitMs: number, now: number): void {
    this.#refusals.set(nameOf(caller, rule), { jobs, until: now + waitMs });
  }
}

const nameOf = (caller: string, { jobs, periodMs }: RateRule) => `${caller} ${jobs}/${periodMs}`;
