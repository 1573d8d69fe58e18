const ENDED = /\(λ: worker\) RequestId: \S+\s+Duration: ([\d.]+) ms/;
const DRAINED = /"event":"drain".*"claimed":(\d+)/;

/** What the log of serverless-offline says about the worker's invocations, each at its end. */
export class WorkerLog {
  /** Ms, `performance.now()`. */
  readonly #spans: { from: number; to: number }[] = [];
  #drains = 0;
  #claimed = 0;
  #heard = () => {};

  note(line: string): void {
    const now = performance.now();
    const [, ms] = ENDED.exec(line) ?? [];
    const [, claimed] = DRAINED.exec(line) ?? [];
    if (ms !== undefined) this.#spans.push({ from: now - Number(ms), to: now });
    if (claimed !== undefined) {
      this.#drains++;
      this.#claimed += Number(claimed);
    }
    this.#heard();
  }

  /** Resolves when the invocations that claimed this many jobs have ended. */
  async until(jobs: number): Promise<void> {
    while (this.#claimed < jobs || this.#spans.length < this.#drains)
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
  }

  get invocations(): number {
    return this.#spans.length;
  }

  get atOnce(): number {
    const counts = this.#spans.map(
      ({ from }) => this.#spans.filter((span) => span.from <= from && from < span.to).length,
    );
    return Math.max(0, ...counts);
  }
}
