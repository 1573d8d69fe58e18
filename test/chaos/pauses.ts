import { setTimeout as sleep } from "node:timers/promises";
import { type PauseSettings, pause, resume } from "../../lib/queue/pauses.ts";
import { sure } from "./sure.ts";

/** A time during which the queue or a task was certainly paused: ms since the epoch. */
export interface Paused {
  /** Undefined: the whole queue. */
  task: string | undefined;
  from: number;
  to: number;
}

export interface PauserParts {
  queue: PauseSettings;
  random: () => number;
  wake(): Promise<void>;
  signal: AbortSignal;
}

const PAUSE_MS = 2_500;
const TASKS = ["marked", "parent", "fresh", "doomed"];

/** Pauses and resumes the queue and tasks. */
export class Pauser {
  readonly pauses: Paused[] = [];
  readonly #parts: PauserParts;

  constructor(parts: PauserParts) {
    this.#parts = parts;
  }

  /** Goes on until `over` aborts: the queue rarely, a task most of the time. */
  async keep(over: AbortSignal): Promise<void> {
    await Promise.all([this.#each(over, 4_000, () => undefined), this.#each(over, 600, () => this.#anyTask())]);
  }

  /** Resumes everything: a pause that was delayed on its way may have come late. */
  async end(): Promise<void> {
    for (const task of [undefined, ...TASKS]) await this.#resume(task);
  }

  async #each(over: AbortSignal, restMs: number, choose: () => string | undefined): Promise<void> {
    const { random, signal } = this.#parts;
    while (!over.aborted) {
      await sleep(restMs * (0.5 + random()), undefined, { signal });
      if (!over.aborted) await this.#once(choose());
    }
  }

  #anyTask(): string {
    return TASKS[Math.floor(this.#parts.random() * TASKS.length)]!;
  }

  async #once(task: string | undefined): Promise<void> {
    const { queue, random, signal } = this.#parts;
    const until = random() < 0.5 ? Date.now() + PAUSE_MS : undefined;
    const outcome = await sure(() => pause(queue, { task, until }), signal);
    const from = Date.now();
    if (outcome === "past") return; // Redis was away for longer
    if (outcome !== "paused") throw new Error(`a pause was answered with ${outcome}`);
    await sleep(PAUSE_MS, undefined, { signal });
    this.pauses.push({ task, from, to: Math.min(until ?? Infinity, Date.now()) });
    if (until === undefined || random() < 0.5) await this.#resume(task);
  }

  async #resume(task: string | undefined): Promise<void> {
    const { queue, wake, signal } = this.#parts;
    const request = crypto.randomUUID();
    const { wake: mustWake } = await sure(() => resume(queue, { task }, request), signal);
    if (mustWake) await wake();
  }
}
