import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { RedisError } from "../errors.ts";
import { once } from "../once.ts";
import { type LuaName, luaLocals } from "./keys.ts";
import type { Redis } from "./redis.ts";

/** A Lua file that is put in front of the scripts that need it. */
export interface Part {
  name: string;
  text: string;
  /** The names of keys that it uses: a test compares them with its header and its code. */
  uses: readonly LuaName[];
  /** The parameters of its function, in order, where it is a step: compared likewise. */
  takes?: readonly string[];
}

/** A script: a Lua file behind its parts, the names of its KEYS and ARGV in order (a test compares them), and its reply. */
export interface Script<Key extends string, Arg extends string, Reply> {
  name: string;
  text: string;
  readonly sha: string;
  parts: readonly Part[];
  /** KEYS: the stem of all keys, and the keys that `uses` cannot name. */
  keys: readonly ("queue" | Key)[];
  /** The names of keys that the file itself uses, made of the stem. */
  uses: readonly LuaName[];
  args: readonly Arg[];
  /** Made when the first reply comes, not at every cold start. */
  reply: () => z.ZodMiniType<Reply>;
}

/** The schema of a flag: 0 or 1. */
export const flag = once(() =>
  z.pipe(
    z.union([z.literal(0), z.literal(1)]),
    z.transform((value) => value === 1),
  ),
);
/** The schema of a list of texts, checked as a whole: z.array would call one check for each of hundreds. */
export const strings = once(() =>
  z.custom<string[]>((value) => Array.isArray(value) && value.every((each) => typeof each === "string")),
);

/** One run of a script: what to send, and how to read what comes back. */
export interface ScriptCall<Reply> {
  script: Script<string, string, Reply>;
  keys: string[];
  args: string[];
}

interface ScriptSpec<Key, Arg, Reply> {
  parts: readonly Part[];
  uses: readonly LuaName[];
  /** Its KEYS behind the first one, which is the queue's stem. Default none. */
  special?: readonly Key[];
  args: readonly Arg[];
  reply: () => z.ZodMiniType<Reply>;
}

/** Puts a script together: a line with the names of its keys, the parts in their order, and the file itself. */
export function script<const Key extends string = never, const Arg extends string = never, Reply = unknown>(
  name: string,
  source: string,
  { parts, uses, special = [], args, reply }: ScriptSpec<Key, Arg, Reply>,
): Script<Key, Arg, Reply> {
  const names = new Set([...parts.flatMap((part) => part.uses), ...uses]);
  const locals = special.map((key, i) => `local ${key} = KEYS[${i + 2}]`);
  const text = [luaLocals(names), ...locals, ...parts.map((part) => part.text), source].join("\n");
  let sha: string | undefined;
  return {
    name,
    text,
    parts,
    uses,
    args,
    reply: once(reply),
    keys: ["queue", ...special],
    get sha() {
      sha ??= createHash("sha1").update(text).digest("hex"); // when it first runs, not at each cold start
      return sha;
    },
  };
}

/** Makes a call of a script. `rest` are the arguments of variable number that follow the named ones. */
export function call<Key extends string, Arg extends string, Reply>(
  script: Script<Key, Arg, Reply>,
  keys: { [key in "queue" | Key]: string },
  args: { [arg in Arg]: string | number },
  rest: readonly string[] = [],
): ScriptCall<Reply> {
  return {
    script,
    keys: script.keys.map((name) => keys[name]),
    args: [...script.args.map((name) => String(args[name])), ...rest],
  };
}

type ScriptReplies<Calls extends readonly ScriptCall<unknown>[]> = {
  [i in keyof Calls]: Calls[i] extends ScriptCall<infer R> ? R : never;
};

/**
 * Runs scripts in one round trip, in order: EVALSHA, and EVAL from the first one on that Redis does not know (a new
 * database, a restart, SCRIPT FLUSH).
 *
 * @throws RedisError when no answer came, or when a script failed
 */
export async function run<const Calls extends readonly ScriptCall<unknown>[]>(
  redis: Redis,
  calls: Calls,
): Promise<ScriptReplies<Calls>> {
  const answers = await send(redis, calls, "evalsha");
  const unknown = answers.findIndex(({ error }) => error?.includes("NOSCRIPT"));
  if (unknown >= 0) {
    // What ran after it ran too early: a claim before its settle. All that follows runs again, as a resend would.
    answers.splice(unknown, answers.length, ...(await send(redis, calls.slice(unknown), "eval")));
  }
  return calls.map((each, i) => read(each, answers[i]!)) as ScriptReplies<Calls>;
}

/** What became of one call of a request. */
export interface ScriptAnswer {
  result?: unknown;
  error?: string | undefined;
}

/** Sends calls as one request. Rejects with a `RedisError` where that fails as a whole. */
export async function send(
  redis: Redis,
  calls: readonly ScriptCall<unknown>[],
  how: "evalsha" | "eval",
): Promise<ScriptAnswer[]> {
  const code = ({ script }: ScriptCall<unknown>) => (how === "eval" ? script.text : script.sha);
  if (calls.length > 1) {
    const pipeline = redis.pipeline();
    for (const each of calls) pipeline[how](code(each), each.keys, each.args);
    return (await pipeline.exec({ keepErrors: true })) as ScriptAnswer[];
  }
  const only = calls[0]!;
  try {
    return [{ result: await redis[how](code(only), only.keys, only.args) }];
  } catch (error) {
    if (error instanceof RedisError || !(error instanceof Error)) throw error;
    return [{ error: error.message }];
  }
}

/** Reads a script's reply. @throws RedisError when it failed, or answered with something unexpected */
export function read<Reply>({ script }: ScriptCall<Reply>, answer: ScriptAnswer): Reply {
  if (answer.error !== undefined) {
    throw new RedisError(`the script ${script.name} failed: ${answer.error}`, { unreachable: false });
  }
  const parsed = z.safeParse(script.reply(), answer.result);
  if (parsed.success) return parsed.data;
  throw new RedisError(`the script ${script.name} answered with an unexpected value`, {
    unreachable: false,
    cause: parsed.error,
  });
}

/** Pairs up a list that has names and values in turn. */
export function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2]!, flat[i * 2 + 1]!]);
}
