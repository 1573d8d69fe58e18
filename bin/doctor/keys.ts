import type { Config } from "../../lib/config/config.ts";
import { isJobId } from "../../lib/queue/job.ts";
import { JOB_PARTS, type Keys, keysOf } from "../../lib/queue/keys.ts";
import type { QueuePause } from "../../lib/queue/paused.ts";
import { type QueueStats, WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { cut } from "../../lib/text.ts";
import type { Database } from "./database.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { refusal } from "./refusals.ts";

/** A tick comes every minute, so no worker is looking after a job that has been due for longer than this. */
const NEGLECTED_MS = 120_000;

/** Checks what is in the queue, and whether workers take care of it. */
export async function checkQueue(database: Database, { queue: settings }: Config): Promise<Finding[]> {
  const keys = keysOf(settings.prefix);
  try {
    const stats = await new WorkerQueue(database.redis, settings).stats();
    const ready = stats.ready.high + stats.ready.normal + stats.ready.low + stats.suspects;
    database.spent.inScripts += statsCommands(stats);
    const before = Math.round(stats.now - NEGLECTED_MS);
    const late = {
      leases: stats.processing > 0 ? await database.send("ZCOUNT", keys.leases, "-inf", before) : 0,
      scheduled: stats.scheduled + stats.timers > 0 ? await database.send("ZCOUNT", keys.scheduled, "-inf", before) : 0,
    };
    return [queueFinding(stats, ready, late), ...pauseFindings(stats), ...(await checkFlags(database, keys, stats))];
  } catch (error) {
    const { said, fix } = refusal(error);
    return [fail("queue", said, fix)];
  }
}

/** Counts the commands inside the script stats, as its header gives them. */
function statsCommands({ ready, suspects, nextDueAt, pausedTasks = [] }: QueueStats): number {
  const filledLists = [...Object.values(ready), suspects].filter((length) => length > 0);
  return 12 + filledLists.length + (nextDueAt === undefined ? 0 : 1) + pausedTasks.length;
}

function queueFinding(
  { now, oldestReadyAt = now, ...stats }: QueueStats,
  ready: number,
  late: { leases: unknown; scheduled: unknown },
): Finding {
  const { scheduled, processing, completed, failed, cancelled } = stats;
  const depth = `${ready} ready, ${scheduled} scheduled, ${processing} processing, ${completed} completed, ${failed} failed, ${cancelled} cancelled`;
  const waitedMs = now - oldestReadyAt;
  const neglected = [
    ...(late.leases ? [`${late.leases} with a lease that ran out over 2 minutes ago`] : []),
    ...(late.scheduled ? [`${late.scheduled} due for over 2 minutes`] : []),
    ...(waitedMs > NEGLECTED_MS ? [`the oldest ready for ${Math.round(waitedMs / 60_000)} minutes`] : []),
  ];
  if (neglected.length === 0) return ok("queue", depth);
  return warn(
    "queue",
    `${depth}; ${neglected.join(", ")}: no worker comes, or too few`,
    "check that the tick is on and that a worker runs (on Lambda: npx sls invoke -f worker -d '{}' drains the queue once, or logs why it cannot); raise MAX_WORKERS or WORKER_CONCURRENCY",
  );
}

/** Says what is paused, since when and until when: the first thing to check when nothing runs. */
function pauseFindings({ paused, pausedTasks = [] }: QueueStats): Finding[] {
  const findings: Finding[] = [];
  const seen = (what: string, { since, until }: QueuePause) =>
    `${what} has been paused since ${new Date(since).toISOString()}, ${until === undefined ? "until it is resumed" : `until ${new Date(until).toISOString()}`}`;
  if (paused)
    findings.push(warn("pause", `${seen("the queue", paused)}: no job begins`, "POST /resume ends the pause"));
  for (const { task, parked, resuming, ...pause } of pausedTasks)
    findings.push(
      resuming
        ? ok("pause", `the task ${task} is being resumed: ${parked} parked jobs are on their way back`)
        : warn("pause", `${seen(`the task ${task}`, pause)}: ${parked} jobs parked`, resumeOf(task)),
    );
  return findings;
}

const resumeOf = (task: string) => `POST /resume with {"task":"${task}"} ends the pause`;

/**
 * Checks that the flags expire. Each should live for a while; a wake flag that stays keeps every submit from waking a worker. The flag of a
 * paused queue may stay as long as the pause.
 */
async function checkFlags(database: Database, keys: Keys, { paused }: QueueStats): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [key, harm] of [
    [keys.wake, "no submit wakes a worker"],
    [keys.linger, "no worker waits for what is due soon"],
    [keys.asleep, "no tick looks for what is due"],
  ] as const) {
    if (key === keys.wake && paused) continue;
    if ((await database.send("PTTL", key)) === -1)
      findings.push(fail("wake flag", `${key} has no expiry: ${harm} while it is there`, `redis-cli DEL '${key}'`));
  }
  return findings.length > 0 ? findings : [ok("wake flag", "none that stays")];
}

const PAGES = 3;
const PAGE = 100;

/** Looks for keys that are not the queue's. It looks at a few hundred keys only, since each command is paid for. */
export async function checkNeighbours(database: Database, { queue: { prefix } }: Config): Promise<Finding> {
  try {
    const total = Number(await database.send("DBSIZE"));
    const seen = new Set<string>();
    for (let cursor = "0", page = 0; page < PAGES && (page === 0 || cursor !== "0"); page++) {
      const [next, names] = (await database.send("SCAN", cursor, "COUNT", PAGE)) as [string, string[]];
      cursor = String(next);
      for (const name of names) seen.add(name);
    }
    return neighbours([...seen], total, prefix);
  } catch (error) {
    const { said, fix } = refusal(error);
    return warn("other keys", `cannot be seen: ${said}`, fix);
  }
}

function neighbours(names: readonly string[], total: number, prefix: string | undefined): Finding {
  const keys = keysOf(prefix);
  const foreign = names.filter((name) => !isOurs(name, keys));
  const share = `${foreign.length} of ${names.length} keys looked at (of ${total})`;
  const left = foreign.filter((name) => /^\{doctor-[0-9a-f]{8}\}:/.test(name));
  if (left.length > 0)
    return warn(
      "other keys",
      `${share} were left by a doctor that was killed`,
      `redis-cli UNLINK '${left.join("' '")}'`,
    );
  if (foreign.length === 0) return ok("other keys", `none among ${names.length} keys looked at (of ${total})`);
  const kinds = [...new Set(foreign.map(kindOf))].slice(0, 3).join(", ");
  if (prefix !== undefined)
    return ok("other keys", `${share} are not this queue's (${kinds}), and none can collide with its keys`);
  return warn(
    "other keys",
    `${share} are not the queue's (${kinds})`,
    "use a database for the queue alone, or set KEY_PREFIX so that names cannot collide; a FLUSHDB by the other programs would still delete the jobs",
  );
}

function isOurs(name: string, { claimed, allowance, jobPrefix, ...fixed }: Keys): boolean {
  // one that ends with a colon is followed by a task's name, or by the hash of a unique key
  if (Object.values(fixed).some((key) => name === key || (key.endsWith(":") && name.startsWith(key)))) return true;
  if (name.startsWith(claimed("")) || name.startsWith(allowance(""))) return true;
  const [, id = "", part = ""] = name.slice(jobPrefix.length).match(/^([^:]+)(:.+)?$/) ?? [];
  return name.startsWith(jobPrefix) && isJobId(id) && ["", ...Object.values<string>(JOB_PARTS)].includes(part);
}

/** Returns only how a key's name begins: the rest may hold secrets. */
function kindOf(name: string): string {
  const start = name.match(/^[^:]{1,16}(?=:)/)?.[0];
  return start === undefined ? `${cut(name, 4)}…` : `${start}:…`;
}
