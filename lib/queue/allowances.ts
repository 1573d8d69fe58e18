/** How many jobs a caller may submit in a period; any other request counts as one. */
export interface RateRule {
  jobs: number;
  periodMs: number;
}

interface Refusal {
  jobs: number;
  /** When this many jobs would be allowed again, in ms of the caller's clock. */
  until: number;
}

/** The refusals that this process has heard of. Until there can be room again, it refuses without a command. */
export class Allowances {
  readonly #refusals = new Map<string, Refusal>();

  /** Says how long to wait at least, in ms; 0: nothing is known. Never too long: others may use the allowance up further. */
  waitMs(caller: string, rule: RateRule, jobs: number, now: number): number {
    const known = this.#refusals.get(nameOf(caller, rule));
    if (known === undefined) return 0;
    // A millisecond less where it is computed from another number of jobs: the known wait was rounded up.
    const sooner = jobs < known.jobs ? 1 + Math.ceil(((known.jobs - jobs) * rule.periodMs) / rule.jobs) : 0;
    return Math.max(0, Math.ceil(known.until - sooner - now));
  }

  /** Notes a refusal. `now`: when Redis was asked, before the answer came. */
  refused(caller: string, rule: RateRule, jobs: number, waitMs: number, now: number): void {
    this.#refusals.set(nameOf(caller, rule), { jobs, until: now + waitMs });
  }
}

const nameOf = (caller: string, { jobs, periodMs }: RateRule) => `${caller} ${jobs}/${periodMs}`;
