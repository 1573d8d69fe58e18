import type { Database } from "./database.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { refusal } from "./refusals.ts";

const EVICTION_FIX =
  "console.upstash.com → your database → Configuration → Eviction off; a Redis of your own: CONFIG SET maxmemory-policy noeviction";

/** Checks, by INFO, whether Redis keeps what it accepted. Upstash tells less about it. */
export async function checkKeeping(database: Database): Promise<Finding[]> {
  const info = await informationOf(database);
  return [eviction(info), ...memory(info), ...durability(info)];
}

async function informationOf(database: Database): Promise<Map<string, string>> {
  const texts = [await sent(database, "INFO", "memory"), await sent(database, "INFO", "persistence")];
  const info = new Map([...texts.join("\n").matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name!, value!]));
  if (info.has("maxmemory_policy")) return info;
  const policy = await sent(database, "CONFIG", "GET", "maxmemory-policy");
  return Array.isArray(policy) && policy[1] ? info.set("maxmemory_policy", String(policy[1])) : info;
}

/** Sends a command. Returns undefined if it is refused: a server need not answer these. */
async function sent(database: Database, ...command: string[]): Promise<unknown> {
  return database.send(...command).catch(() => undefined);
}

function eviction(info: Map<string, string>): Finding {
  const policy = info.get("maxmemory_policy");
  if (policy === undefined) return warn("eviction", "cannot be seen from here: it must be off", EVICTION_FIX);
  if (policy === "noeviction") return ok("eviction", "off (noeviction)");
  if (policy.startsWith("volatile"))
    return warn("eviction", `${policy}: short-lived keys of the queue may be dropped early`, EVICTION_FIX);
  return fail("eviction", `${policy}: a full database would drop jobs without a word`, EVICTION_FIX);
}

function memory(info: Map<string, string>): Finding[] {
  const [used, most] = [Number(info.get("used_memory")), Number(info.get("maxmemory"))];
  if (!(used > 0)) return [];
  const mib = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  if (!(most > 0)) return [ok("memory", `${mib(used)} in use`)];
  const share = `${mib(used)} of ${mib(most)} in use`;
  if (used < 0.8 * most) return [ok("memory", share)];
  return [
    warn("memory", `${share}; when it is full every submit is refused`, "take a larger one, or shorten the retention"),
  ];
}

function durability(info: Map<string, string>): Finding[] {
  const kept = info.get("aof_enabled");
  if (kept === undefined) return [];
  if (kept === "1") return [ok("durability", "every write goes to an append-only file")];
  return [
    warn("durability", "no append-only file: a restart may lose jobs", "CONFIG SET appendonly yes, also in redis.conf"),
  ];
}

/** AWS refuses requests that are signed by a clock that is off by more. */
const REFUSED_MS = 300_000;
const NOTICED_MS = 2_000;

/** Compares this machine's clock with that of Redis, which alone decides leases and due times. */
export async function checkClock(database: Database, now: () => number): Promise<Finding> {
  const samples: { skewMs: number; tripMs: number }[] = [];
  try {
    for (let i = 0; i < 3; i++) {
      const [before, begin] = [now(), performance.now()];
      const [seconds, micros] = (await database.send("TIME")) as [string, string];
      const tripMs = performance.now() - begin;
      samples.push({ skewMs: before + tripMs / 2 - (Number(seconds) * 1_000 + Number(micros) / 1_000), tripMs });
    }
  } catch (error) {
    return fail("clock", refusal(error).said, refusal(error).fix);
  }
  const { skewMs, tripMs } = samples.reduce((a, b) => (b.tripMs < a.tripMs ? b : a));
  const certainMs = Math.max(0, Math.abs(skewMs) - tripMs / 2);
  if (certainMs < NOTICED_MS)
    return ok("clock", `this machine and Redis differ by ${Math.round(Math.abs(skewMs))} ms at most`);
  const seen = `this machine is ${(certainMs / 1_000).toFixed(0)} s ${skewMs > 0 ? "ahead of" : "behind"} Redis`;
  const fix = "turn on time synchronization (timedatectl set-ntp true)";
  if (certainMs < REFUSED_MS) return warn("clock", `${seen}: run_at is read by Redis' clock`, fix);
  return fail("clock", `${seen}: AWS refuses calls signed by such a clock, so wake-ups fail`, fix);
}

const SAMPLES = 20;
const ENOUGH_MS = 5_000;

/** Measures round trips, one after another. A worker needs one for each batch, a submit needs one. */
export async function checkLatency(database: Database): Promise<Finding> {
  const trips: number[] = [];
  const begin = performance.now();
  try {
    while (trips.length < SAMPLES && (trips.length < 3 || performance.now() - begin < ENOUGH_MS)) {
      const sentAt = performance.now();
      await database.send("PING");
      trips.push(performance.now() - sentAt);
    }
  } catch (error) {
    return fail("latency", refusal(error).said, refusal(error).fix);
  }
  trips.sort((a, b) => a - b);
  const median = trips[Math.floor(trips.length / 2)]!;
  const seen = `${median.toFixed(median < 10 ? 1 : 0)} ms a round trip (median of ${trips.length}, the slowest ${Math.round(trips.at(-1)!)} ms)`;
  if (median < 5) return ok("latency", `${seen}: next door`);
  if (median <= 50) return ok("latency", `${seen}: near enough`);
  return warn(
    "latency",
    `${seen}: another region, seen from this machine`,
    "only the distance from the functions counts: choose the same region for AWS_REGION and the database's primary",
  );
}

/** As much as `POST /submit-jobs` takes, and as a claim gives back. */
const LARGEST_BYTES = 4 * 1024 * 1024;

/** Checks whether the largest request and the largest answer get through. */
export async function checkRequestSize(database: Database): Promise<Finding> {
  const mib = `${LARGEST_BYTES / 1024 ** 2} MiB`;
  try {
    const answer = await database.send("PING", "x".repeat(LARGEST_BYTES));
    if (String(answer).length === LARGEST_BYTES)
      return ok("request size", `${mib} go through, there and back: the largest batch and the largest claim`);
    return fail("request size", `${mib} do not come back whole`, "look for a proxy on the way that cuts answers");
  } catch (error) {
    const { said, fix } = refusal(error);
    return warn("request size", `${mib} do not go through: ${said}`, fix);
  }
}
