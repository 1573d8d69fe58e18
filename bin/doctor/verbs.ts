import { readHistory } from "../../lib/queue/history.ts";
import type { NewJob } from "../../lib/queue/job.ts";
import type { WorkerQueue } from "../../lib/queue/worker-queue.ts";

/** A payload with what a server that decodes values would change: a long number, an empty list, a letter of four bytes. */
export const VALUE = '{"number":12345678901234567890,"list":[],"text":"ä€😀"}';
/** The claim token of the doctor's jobs. */
export const TOKEN = "doctor.1";
/** The name of the rate limit that the doctor uses. */
export const ALLOWANCE = "doctor";

/** A step that runs one script of the queue. */
export interface VerbCheck {
  verb: string;
  /** The number of commands that run inside the script; a test counts them. */
  commands: number;
  /** Runs the script. Returns whether it did what it should. @throws RedisError */
  run(): Promise<boolean>;
}

/** Returns the steps in the life of two jobs. The first one completes; the second fails, is put back, is cancelled, and is deleted. */
export function stepsOf(queue: WorkerQueue, [a, b]: readonly [NewJob, NewJob]): VerbCheck[] {
  const held = [a, b].map(({ id }) => ({ id, token: TOKEN }));
  const step = (verb: string, commands: number, run: () => Promise<boolean>): VerbCheck => ({ verb, commands, run });
  return [
    step("limit", 3, async () => (await queue.limit(ALLOWANCE, { jobs: 1, periodMs: 1_000 })) === 0),
    step("submit", 3, async () => {
      const submitted = await queue.submit([a, b]);
      return submitted.outcome === "accepted" && submitted.wake;
    }),
    step("claim", 11, async () => {
      const { claimed } = await queue.step({ claim: { token: TOKEN, count: 3, arrived: true } });
      const taken = claimed!.jobs.map(({ job, payload }) => `${job.id} ${payload}`);
      return taken.join() === [a, b].map(({ id }) => `${id} ${VALUE}`).join();
    }),
    step("extend", 3, async () => (await queue.step({ extend: held })).extended.join() === "held,held"),
    step("settle", 10, async () => {
      const { settled } = await queue.step({
        settle: [
          { ...held[0]!, outcome: "completed", result: VALUE },
          { ...held[1]!, outcome: "failed", error: "Doctor", message: "on purpose" },
        ],
      });
      return settled.join() === "settled,settled" && (await queue.status(a.id))?.result === VALUE;
    }),
    step("redrive", 7, async () => (await queue.redrive(b.id)).outcome === "redriven"),
    step("runNow", 3, async () => (await queue.runNow(b.id)).outcome === "ready"),
    step("cancel", 8, async () => (await queue.cancel(b.id)).outcome === "cancelled"),
    step("stats", 12, async () => {
      const { completed, failed, cancelled } = await queue.stats();
      return completed === 1 && failed === 0 && cancelled === 1;
    }),
    step("history", 2, async () => {
      const { completed, failed, cancelled } = await readHistory(queue, "hour");
      return completed === 1 && failed === 1 && cancelled === 1;
    }),
    step("delete", 4, async () => (await queue.delete([b.id])).join() === "deleted"),
    step("trim", 11, async () => {
      const { completed, cancelled } = await queue.trim();
      return completed + cancelled === 1 && (await queue.status(a.id)) === undefined;
    }),
  ];
}
