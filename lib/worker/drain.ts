import { describe, RedisError } from "../errors.ts";
import type { Log } from "../observability/log.ts";
import type { Claimed, ClaimRequest, DueSchedule, Stepped, WorkerQueue } from "../queue/worker-queue.ts";
import type { PlannedFiring } from "../schedules/plan-firing.ts";
import type { Tasks } from "../tasks.ts";
import { Deadline, type Life, type LifeLeft } from "./deadline.ts";
import { DueSchedules } from "./due-schedules.ts";
import { giveBackPaused } from "./give-back-paused.ts";
import { watchLife } from "./life-watch.ts";
import { type DrainState, nextStep, type StopReason } from "./next-step.ts";
import type { Observer } from "./observer.ts";
import { Outage } from "./outage.ts";
import { Outlook } from "./outlook.ts";
import { microtasks, Pause, turn } from "./pause.ts";
import type { DrainSummary } from "./summary.ts";
import { type StepReport, Work } from "./work.ts";

export type { DrainSummary } from "./summary.ts";

/** What a drain works with. */
export interface DrainParts {
  queue: WorkerQueue;
  tasks: Tasks;
  /** How many jobs run at the same time. The buffer holds at most this many more. */
  concurrency: number;
  /** Makes a new name for a claim at each call: this process' unique name, a dot, a number. */
  nextToken(): string;
  log: Log;
  /** Wakes one more worker. Never throws. */
  wake(why: "backlog" | "hand_over" | "submit" | "unknown_task"): Promise<void>;
  /** How long a job waits for a worker that knows its task before it fails, in ms. Default 15 minutes. */
  unknownTaskMs?: number;
  /** Observers of this drain. */
  observers?: readonly Observer[];
  /**
   * Deletes the schedules that code declared before this process began, and returns whether that was all. `now` is Redis' clock.
   * Absent: this process declares schedules itself.
   */
  disown?: (names: readonly string[], now: number) => Promise<boolean>;
  /** Whether a tick began the drain. If it finds nothing due, ticks sleep until something is. Default false. */
  tick?: boolean;
  /** Whether spans are exported. If so, a job that was submitted without a trace starts one. */
  traced?: boolean;
}

/** Works until nothing is ready or time is short. Returns what happened, for the log and the caller. */
export async function drain(parts: DrainParts, life: Life): Promise<DrainSummary> {
  return new Drain(parts, life).run();
}

/**
 * One drain. One request is in flight at a time: it settles what has ended, extends what is due, fires slots, and claims more.
 * Meanwhile, free slots start jobs from the buffer. `nextStep` decides when to send a request, and when to leave.
 */
class Drain {
  readonly #parts: DrainParts;
  readonly #tasks: readonly string[];
  readonly #outlook: Outlook;
  readonly #work: Work;
  readonly #schedules: DueSchedules;
  readonly #pause: Pause;
  readonly #outage = new Outage();
  /** Whether no other worker comes after it. Then it must itself take the jobs that only an empty worker may take. */
  readonly #isLongLived: boolean;
  /** Signals that end the drain early. */
  readonly #ends: readonly AbortSignal[];
  #sentAt = Number.NEGATIVE_INFINITY;
  #hasLeft = false;

  constructor(parts: DrainParts, life: Life) {
    this.#parts = parts;
    this.#tasks = [...parts.tasks.keys()];
    this.#isLongLived = life.remainingMs() === Number.POSITIVE_INFINITY;
    this.#ends = [life.shutdown, life.crash].filter((each) => each !== undefined);
    this.#pause = new Pause(...this.#ends);
    this.#outlook = new Outlook(parts.nextToken);
    this.#schedules = new DueSchedules(parts);
    this.#work = new Work(parts, new Deadline(life), this.#outlook, () => this.#pause.stir());
    life.onWake?.(() => {
      if (this.#hasLeft) return false;
      this.#outlook.noteWakeUp();
      this.#pause.stir();
      return true;
    });
  }

  async run(): Promise<DrainSummary> {
    this.#work.blockers.start();
    try {
      for (;;) {
        const life = this.#work.releaseWhatCannotRun();
        const now = performance.now();
        const next = nextStep(this.#state(life, now), now);
        if (next.do === "leave") return await this.#leave(next.why);
        if (next.do === "send") await this.#send(next.claim);
        else if (this.#work.fill()) await this.#gather();
        else await this.#wait(next.until);
      }
    } finally {
      this.#hasLeft = true;
      this.#work.refillsSlots = false;
      this.#work.blockers.stop();
    }
  }

  #state({ stopping, isPast, msToChange }: LifeLeft, now: number): DrainState {
    const { mode, claimAt, mustAsk, hasPromised, isIsolated, suspectsSince, leavesWork } = this.#outlook;
    const { concurrency } = this.#parts;
    const { held, flow, ended } = this.#work;
    return {
      mode,
      claimAt,
      mustAsk,
      hasPromised,
      isIsolated,
      suspectsSince: this.#isLongLived ? suspectsSince : Number.POSITIVE_INFINITY,
      leavesWork,
      stopping,
      isPast,
      concurrency,
      running: held.running.length,
      buffered: held.buffer.length,
      bufferFor: flow.bufferFor(concurrency, now),
      ended,
      paceAt: this.#sentAt + flow.paceMs,
      leaseAt: held.leaseAt,
      checkAt: Math.min(held.staleAt, now + msToChange),
      outage: this.#outage.state,
    };
  }

  /** Sends one request, and acts on the answer. */
  async #send(count: number | undefined): Promise<void> {
    const now = performance.now();
    this.#sentAt = now;
    const report = this.#work.report(now);
    const claim = count === undefined ? undefined : this.#claim(count, now);
    const fire = claim ? this.#schedules.take() : [];
    const endWatch = watchLife(this.#work, this.#ends);
    const [answer] = await Promise.all([this.#ask(report, fire, claim), this.#goOn()]).finally(endWatch);
    if (answer) {
      for (const observer of this.#parts.observers ?? []) observer.stepped(report.settle, answer);
      this.#work.noteDelivered(report, answer, now);
      this.#schedules.noteFired(fire, answer.fired);
      if (claim && answer.claimed) await this.#take(claim, answer.claimed);
      await this.#tellOfUnknown(report);
    }
    this.#work.refillsSlots = false;
  }

  /** Makes a claim. With unknown tasks around it promises nothing: a submit must wake another worker, which may know them. */
  #claim(count: number, now: number): ClaimRequest {
    const { freeSlots, held, unknown } = this.#work;
    const buffered = held.buffer.length;
    const claim = this.#outlook.claim(count, held.running.length + buffered, freeSlots - buffered, now);
    return { ...claim, tasks: this.#tasks, tick: this.#parts.tick, ...(unknown.areThere ? { againMs: 0 } : {}) };
  }

  /** Sends a report and a claim. Returns undefined if no answer came; a later request then sends the same again. */
  async #ask(
    report: StepReport,
    planned: readonly PlannedFiring[],
    claim: ClaimRequest | undefined,
  ): Promise<Stepped | undefined> {
    const { settle, extend } = report;
    try {
      const answer = await this.#parts.queue.step({ settle, extend, fire: planned.map(({ firing }) => firing), claim });
      this.#outage.end();
      this.#work.flow.noteRoundTrip(performance.now() - this.#sentAt);
      return answer;
    } catch (error) {
      if (!(error instanceof RedisError)) throw error;
      this.#work.noteUndelivered(report);
      if (claim) this.#outlook.noteLost(claim);
      const failures = this.#outage.noteFailure(performance.now());
      this.#parts.log("warn", "redis_unavailable", { ...describe(error), failures });
      return undefined;
    }
  }

  async #goOn(): Promise<void> {
    await turn(); // the request goes out before a task occupies the thread
    if (this.#hasLeft) return;
    this.#work.refillsSlots = true;
    this.#work.fill();
  }

  async #take(claim: ClaimRequest, claimed: Claimed): Promise<void> {
    const answeredAt = performance.now();
    const { stopping } = this.#work.releaseWhatCannotRun();
    const ours = claimed.jobs.filter(({ job }) => this.#parts.tasks.has(job.task));
    this.#outlook.noteAnswer(claim, { ...claimed, jobs: ours }, answeredAt, stopping !== undefined);
    this.#work.add(claimed, this.#sentAt, answeredAt);
    giveBackPaused(claimed, this.#work.held, this.#parts.log);
    if (claimed.schedules) await this.#plan(claimed.schedules, claimed.now, stopping !== undefined);
    if (!claimed.wake || (stopping && this.#isEmpty)) return; // a worker that leaves now wakes its successor itself
    this.#work.fill(); // slots need not wait for the wake-up
    await this.#parts.wake("backlog");
  }

  /** Plans what the next claim fires. A worker that stops leaves it to the next one. */
  async #plan(due: readonly DueSchedule[], now: number, isStopping: boolean): Promise<void> {
    if (isStopping) return void this.#outlook.noteLeft();
    this.#work.fill(); // slots need not wait for the plans
    if (await this.#schedules.plan(due, now)) this.#outlook.noteFiring();
  }

  /** Wakes a worker, which may be a newer version: once for each unknown task that has a job on offer now. */
  async #tellOfUnknown({ settle }: StepReport): Promise<void> {
    const isOnOffer = settle.some(({ outcome }) => outcome === "deferred");
    if (!isOnOffer || !this.#work.unknown.takeNews()) return;
    this.#work.fill(); // slots need not wait for the wake-up
    await this.#parts.wake("unknown_task");
  }

  get #isEmpty(): boolean {
    const { held, ended } = this.#work;
    return held.running.length + held.buffer.length + ended === 0;
  }

  /** Waits until something is due, or until an attempt ends and may be reported. */
  async #wait(until: number): Promise<void> {
    this.#work.refillsSlots = true;
    await this.#pause.wait(until - performance.now(), this.#outage.state === undefined);
    this.#work.refillsSlots = false;
    await this.#gather();
  }

  /** Waits for attempts that end in this turn of the event loop, so that they are settled together. */
  async #gather(): Promise<void> {
    await microtasks();
    if (this.#work.held.running.length > 0 && this.#work.ended > 0) await turn();
  }

  async #leave(stopped: StopReason): Promise<DrainSummary> {
    this.#hasLeft = true;
    const { mode, leavesWork, isPaused } = this.#outlook;
    const isLeft = !isPaused && (mode !== "sated" || leavesWork);
    if (stopped !== "empty" && stopped !== "unreachable" && isLeft) await this.#parts.wake("hand_over");
    return { ...this.#work.summary, stopped };
  }
}
