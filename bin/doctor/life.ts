import { randomUUID } from "node:crypto";
import type { NewJob } from "../../lib/queue/job.ts";
import { JOB_PARTS, type Keys, keysOf } from "../../lib/queue/keys.ts";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import type { Database } from "./database.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { refusal } from "./refusals.ts";
import { ALLOWANCE, stepsOf, TOKEN, VALUE } from "./verbs.ts";

const NOT_STOPPED = new AbortController().signal;
const OTHERWISE = "use Redis 7 or later, Valkey, or Upstash: other servers may run scripts differently";

/**
 * Sends two jobs through every script of the queue, under a prefix of their own, and deletes everything that they leave.
 * `stopped` ends it between two steps; it cleans up then too.
 */
export async function checkLife(database: Database, stopped = NOT_STOPPED): Promise<Finding[]> {
  const prefix = `doctor-${randomUUID().slice(0, 8)}`;
  const keys = keysOf(prefix);
  const jobs = [newJob(), newJob()] as const;
  const findings: Finding[] = [];
  try {
    findings.push(await checkWriting(database, `${keys.normal}:written`));
    if (findings[0]!.state === "ok") findings.push(await live(database, prefix, jobs, stopped));
  } finally {
    findings.push(...(await cleanUp(database, keys, jobs)));
  }
  return findings;
}

function newJob(): NewJob {
  return {
    id: randomUUID(),
    task: "doctor",
    priority: "normal",
    maxRetries: 0,
    createdAt: Date.now(),
    payload: VALUE,
  };
}

async function checkWriting(database: Database, key: string): Promise<Finding> {
  try {
    await database.send("SET", key, "1", "EX", 60);
    return ok("token", "accepted, and it may write");
  } catch (error) {
    const { said, fix } = refusal(error);
    return fail("token", `accepted, but a write is refused: ${said}`, fix);
  }
}

async function live(
  database: Database,
  prefix: string,
  jobs: readonly [NewJob, NewJob],
  stopped: AbortSignal,
): Promise<Finding> {
  const forget = { ageMs: 0, keep: 0 };
  const retention = { completed: forget, failed: forget, cancelled: forget };
  const steps = stepsOf(new WorkerQueue(database.redis, { prefix, retention }), jobs);
  for (const { verb, commands, run } of steps) {
    if (stopped.aborted) return fail("scripts", `stopped before ${verb}`, "run it again");
    try {
      if (!(await run())) return fail("scripts", `${verb} behaves differently than on a real Redis`, OTHERWISE);
    } catch (error) {
      const { said, fix } = refusal(error);
      return fail("scripts", `${verb} fails: ${said}`, fix);
    }
    database.spent.inScripts += commands;
  }
  return ok("scripts", `two jobs lived and went: ${steps.map(({ verb }) => verb).join(", ")}`);
}

/** Deletes every key that the two jobs could have left, whatever went wrong. */
async function cleanUp(database: Database, keys: Keys, jobs: readonly NewJob[]): Promise<Finding[]> {
  const { claimed, allowance, jobPrefix, ...fixed } = keys;
  const own = [
    ...[...Object.values(fixed), `${keys.normal}:written`, claimed(TOKEN), allowance(ALLOWANCE)],
    ...jobs.flatMap(({ id }) => ["", ...Object.values(JOB_PARTS)].map((part) => `${jobPrefix}${id}${part}`)),
  ];
  try {
    const [seconds] = (await database.send("TIME")) as [string, string];
    const hour = Math.floor(Number(seconds) / 3_600);
    await database.send("UNLINK", ...own, `${keys.history}${hour - 1}`, `${keys.history}${hour}`);
    return [];
  } catch (error) {
    if (/NOPERM/.test(String(error))) return []; // so nothing was written either
    const fix = `delete the keys that begin with ${keys.normal.replace("job_queue", "")}`;
    return [warn("clean-up", `the doctor's own keys could not be deleted: ${refusal(error).said}`, fix)];
  }
}
