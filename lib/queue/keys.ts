/** The keys that begin with the queue's stem, by what follows it. What each holds: docs/data.md. */
const NAMES = {
  high: ":high",
  normal: "",
  low: ":low",
  suspects: ":suspects",
  scheduled: ":scheduled",
  leases: ":leases",
  completed: ":completed",
  failed: ":failed",
  cancelled: ":cancelled",
  counters: ":counters",
  wake: ":wake",
  linger: ":linger",
  asleep: ":asleep",
  paused: ":paused",
  paused_tasks: ":paused_tasks",
  schedules: ":schedules",
  /** An hour follows, or `day:` and a day: since the epoch. */
  history: ":history:",
  /** The name of a task follows. */
  unknown: ":unknown:",
  /** The name of a task follows. */
  parked: ":parked:",
  /** The hash of a unique key follows. */
  unique: ":unique:",
} as const;

/** The keys of what belongs to a job, by what follows its id. The record's own key ends with the id. */
export const JOB_PARTS = {
  PAYLOAD: ":payload",
  RESULT: ":result",
  ERROR: ":error",
  FIRST_ERROR: ":error:first",
  LOG: ":log",
} as const;

const STEM = "job_queue";
const JOB = "job:";

type KeyName = keyof typeof NAMES;
/** What a script may use: a key, `job` (what precedes a job's id) or the end of a key that belongs to a job. */
export type LuaName = KeyName | "job" | keyof typeof JOB_PARTS;
/** Every such name, in the order in which headers list them. */
export const LUA_NAMES = [...Object.keys(NAMES), "job", ...Object.keys(JOB_PARTS)] as readonly LuaName[];

/** The keys of one queue. */
export interface Keys extends Record<KeyName, string> {
  /** What all keys but those of jobs begin with. */
  queue: string;
  /** The ids that the claim named by this token took. */
  claimed(token: string): string;
  /** When the allowance of this caller will be whole again. */
  allowance(caller: string): string;
  /** What precedes a job's id in the key of its record; `JOB_PARTS` follow the id. */
  jobPrefix: string;
}

/** Makes the keys of one queue. With a prefix `acme` each begins with `{acme}:`, so that all of them share a hash slot. */
export function keysOf(prefix = ""): Keys {
  const root = prefix === "" ? "" : `{${prefix}}:`;
  const queue = `${root}${STEM}`;
  const named = Object.entries(NAMES).map(([name, end]) => [name, queue + end]);
  return {
    ...(Object.fromEntries(named) as Record<KeyName, string>),
    queue,
    claimed: (token) => `${queue}:claim:${token}`,
    allowance: (caller) => `${queue}:allowance:${caller}`,
    jobPrefix: `${root}${JOB}`,
  };
}

/** Writes the line of Lua that makes these names locals, where `KEYS[1]` is the queue's stem. "" for none. */
export function luaLocals(names: ReadonlySet<LuaName>): string {
  const used = LUA_NAMES.filter((name) => names.has(name));
  return used.length > 0 ? `local ${used.join(", ")} = ${used.map(luaOf).join(", ")}` : "";
}

function luaOf(name: LuaName): string {
  if (name === "job") return `KEYS[1]:sub(1, ${-STEM.length - 1}) .. "${JOB}"`;
  if (name in JOB_PARTS) return `"${JOB_PARTS[name as keyof typeof JOB_PARTS]}"`;
  const end = NAMES[name as KeyName];
  return end === "" ? "KEYS[1]" : `KEYS[1] .. "${end}"`;
}
