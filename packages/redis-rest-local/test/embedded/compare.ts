import { type Backend, type RedisReply, ReplyError, StatusReply } from "../../src/backend.ts";
import { type Argument, keyNames, type Words } from "./grammar-words.ts";

/** Commands sent one by one, or together as a transaction. */
export type Step = { readonly command: Words } | { readonly transaction: Words[] };

const UNORDERED = new Set(["smembers", "sinter", "sunion", "sdiff", "keys", "hkeys", "hvals"]);
const UNORDERED_PAIRS = new Set(["hgetall"]);
const SCANS = new Set(["scan", "sscan"]);
const SCANS_OF_PAIRS = new Set(["hscan", "zscan"]);
const RANDOM = new Set(["spop", "srandmember", "randomkey", "hrandfield", "zrandmember", "time"]);
const TIMES = new Set(["ttl", "pttl", "expiretime", "pexpiretime"]);
/** Both servers run a command within this time (ms, or s for replies in seconds). */
const TIME_TOLERANCE = 10_000;

/** Runs the steps and prints each reply, so that equal behaviour gives equal text. */
export async function replay(backend: Backend, steps: readonly Step[]): Promise<string[]> {
  return Promise.all(steps.map((step) => runStep(backend, step)));
}

async function runStep(backend: Backend, step: Step): Promise<string> {
  if ("command" in step) return shown(step.command, await backend.send(step.command));
  const replies = await backend.transaction(step.transaction);
  if (!Array.isArray(replies)) return text(replies);
  return replies.map((reply, at) => shown(step.transaction[at]!, reply)).join(" | ");
}

/** Adds steps, so that no reply depends on chance or on when Redis notices that a key has expired. */
export function settled(step: Step, _: number, steps: readonly Step[]): Step[] {
  const commands = commandsOf(step);
  const names = commands.map(nameOf);
  if (names.includes("dbsize") || names.includes("randomkey")) return [{ command: comeAcross(steps) }, step];
  // The two servers pick different random members: remove the rest as well.
  const popped = commands.filter((words) => nameOf(words) === "spop" && words.length > 1);
  return [step, ...popped.map((words) => ({ command: ["DEL", words[1]!] }))];
}

function commandsOf(step: Step): readonly Words[] {
  return "command" in step ? [step.command] : step.transaction;
}

/** Redis counts and picks expired keys until it comes across them. Any word may have become a key. */
function comeAcross(steps: readonly Step[]): Words {
  return ["EXISTS", ...new Set([...keyNames, ...steps.flatMap(commandsOf).flat()])];
}

export function nameOf(words: Words): string {
  return String(words[0]).toLowerCase();
}

function shown(words: Words, reply: RedisReply): string {
  const name = nameOf(words);
  if (!Array.isArray(reply)) {
    if (RANDOM.has(name) && Buffer.isBuffer(reply)) return "(some text)";
    if (name === "memory" && typeof reply === "number") return "(some number)";
    if (TIMES.has(name) && typeof reply === "number" && reply > 0)
      return `(about ${Math.round(reply / TIME_TOLERANCE)})`;
    return text(reply);
  }
  if (RANDOM.has(name)) return `(${reply.length} texts)`;
  if (UNORDERED.has(name)) return reply.map(text).sort().join(" ");
  if (UNORDERED_PAIRS.has(name)) return sortedPairs(reply);
  if (SCANS.has(name)) return `${text(reply[0]!)} ${(reply[1] as RedisReply[]).map(text).sort().join(" ")}`;
  if (SCANS_OF_PAIRS.has(name)) return `${text(reply[0]!)} ${sortedPairs(reply[1] as RedisReply[])}`;
  return text(reply);
}

function sortedPairs(items: RedisReply[]): string {
  const pairs: string[] = [];
  for (let at = 0; at < items.length; at += 2) pairs.push(`${text(items[at]!)}=${text(items[at + 1]!)}`);
  return pairs.sort().join(" ");
}

/** A reply with its type and its exact bytes. */
export function text(reply: RedisReply): string {
  if (reply === null) return "nil";
  if (Array.isArray(reply)) return `[${reply.map(text).join(", ")}]`;
  if (Buffer.isBuffer(reply)) return JSON.stringify(reply.toString("latin1"));
  if (reply instanceof StatusReply) return `+${reply.text}`;
  // The layout in memory may differ.
  if (reply instanceof ReplyError) return `-${reply.message.replace(/0x[0-9a-f]+/g, "0x")}`;
  return `:${reply}`;
}

/** Everything the store holds: type, content and whether there is an expiry. */
export async function dump(backend: Backend, steps: readonly Step[] = []): Promise<string[]> {
  await backend.send(comeAcross(steps));
  const keys = ((await backend.send(["KEYS", "*"])) as Buffer[]).sort(Buffer.compare);
  const lines = keys.map(async (key) => {
    const type = text(await backend.send(["TYPE", key]));
    const ttl = Number(await backend.send(["PTTL", key])) >= 0 ? "expires" : "stays";
    return `${text(key)} ${type} ${ttl} ${await content(backend, type, key)}`;
  });
  return [`${text(await backend.send(["DBSIZE"]))} keys`, ...(await Promise.all(lines))];
}

async function content(backend: Backend, type: string, key: Argument): Promise<string> {
  const read: Record<string, Words> = {
    "+string": ["GET", key],
    "+list": ["LRANGE", key, "0", "-1"],
    "+hash": ["HGETALL", key],
    "+set": ["SMEMBERS", key],
    "+zset": ["ZRANGE", key, "0", "-1", "WITHSCORES"],
  };
  const words = read[type]!;
  return shown(words, await backend.send(words));
}
