import { createHash } from "node:crypto";
import { type Command, type RedisReply, ReplyError } from "./backend.ts";
import { keyCheck } from "./key-check.ts";
import { word } from "./rules.ts";

/** A command to send in place of another one, and a function that turns its reply into that of the other one. */
export interface RewrittenCommand {
  readonly command: Command;
  readonly restore?: (reply: RedisReply) => RedisReply;
}

type ScriptText = string | Buffer;

const FLAG = "allow-key-locking";
const TEXTS_KEPT = 500;
/** The most locals and upvalues for a script with the check of keys, which takes one of Lua's 200 locals and 60 upvalues. */
const LOCALS_WITH_ROOM = 150;

/**
 * Rewrites scripts with Upstash's flag `allow-key-locking`, which Redis rejects. Redis gets them without it; callers keep using
 * the SHA1 of the text that they sent.
 */
export class ScriptRewriter {
  private readonly checkKeys: boolean;
  /** The SHA1 of each script that Redis has, by the SHA1 of the script as sent. */
  private readonly shas = new Map<string, string>();
  private readonly originals = new Map<string, string>();
  private readonly texts = new Map<ScriptText, { text: ScriptText; sha: string }>();

  constructor(checkKeys: boolean) {
    this.checkKeys = checkKeys;
  }

  /** Rewrites a command; undefined if it goes to Redis unchanged. */
  rewrite(name: string, command: Command): RewrittenCommand | undefined {
    switch (name) {
      case "EVAL":
      case "EVAL_RO":
        return this.eval(command);
      case "EVALSHA":
      case "EVALSHA_RO":
        return this.evalSha(command);
      case "SCRIPT":
        return this.script(word(command, 1), command);
      case "FUNCTION":
        return word(command, 1) === "LOAD" ? loadFunctions(command) : undefined;
      default:
        return undefined;
    }
  }

  private eval(command: Command): RewrittenCommand | undefined {
    const script = this.unlock(command[1]);
    return script && { command: command.with(1, script.text), restore: this.restoreError };
  }

  private evalSha(command: Command): RewrittenCommand | undefined {
    const sha = this.shas.get(word(command, 1).toLowerCase());
    return sha === undefined ? undefined : { command: command.with(1, sha), restore: this.restoreError };
  }

  private script(subcommand: string, command: Command): RewrittenCommand | undefined {
    if (subcommand === "LOAD") {
      const script = this.unlock(command[2]);
      const sha = script && Buffer.from(script.sha);
      return script && { command: command.with(2, script.text), restore: (reply) => (isError(reply) ? reply : sha!) };
    }
    if (subcommand === "EXISTS") {
      return { command: command.map((sha, at) => (at < 2 ? sha : (this.shas.get(String(sha).toLowerCase()) ?? sha))) };
    }
    return undefined;
  }

  /** Returns the script as Redis accepts it, and the SHA1 of the original; undefined if it does not have the flag. */
  private unlock(original: ScriptText | undefined): { text: ScriptText; sha: string } | undefined {
    if (original === undefined || !hasShebang(original)) return undefined;
    const known = this.texts.get(original);
    if (known) return known;
    const text = this.withoutFlag(original);
    if (text === undefined) return undefined;
    const sha = sha1(original);
    this.shas.set(sha, sha1(text));
    this.originals.set(sha1(text), sha);
    if (this.texts.size === TEXTS_KEPT) this.texts.clear();
    this.texts.set(original, { text, sha });
    return { text, sha };
  }

  private withoutFlag(original: ScriptText): ScriptText | undefined {
    // Bytes become characters, so that a script of any bytes stays unchanged.
    const script = typeof original === "string" ? original : original.toString("latin1");
    const end = script.indexOf("\n");
    const shebang = end < 0 ? script : script.slice(0, end);
    const flags = / flags=(\S*)/.exec(shebang)?.[1]?.split(",") ?? [];
    if (!flags.includes(FLAG)) return undefined;
    const others = flags.filter((flag) => flag !== FLAG).join(",");
    const head = shebang.replace(/ flags=\S*/, others === "" ? "" : ` flags=${others}`);
    const body =
      end < 0 ? "" : `\n${this.checkKeys && hasRoom(script) ? `${keyCheck(script)} ` : ""}${script.slice(end + 1)}`;
    return typeof original === "string" ? head + body : Buffer.from(head + body, "latin1");
  }

  /** Rewrites an error, which names the script by its SHA1. The error of a refused key becomes that of Upstash. */
  private readonly restoreError = (reply: RedisReply): RedisReply => {
    if (!isError(reply)) return reply;
    const message = reply.message
      .replace(/\b[0-9a-f]{40}\b/, (sha) => this.originals.get(sha) ?? sha)
      .replace(/^(ERR Dynamic keys are not allowed .*) script: [0-9a-f]{40}, on @user_script:\d+\.$/s, "$1");
    return new ReplyError(message);
  };
}

/** Rewrites FUNCTION LOAD: the functions of a library have the flag in `flags={…}`. */
function loadFunctions(command: Command): RewrittenCommand | undefined {
  const code = command.at(-1)!;
  const text = typeof code === "string" ? code : code.toString("latin1");
  if (!text.includes(FLAG)) return undefined;
  const stripped = text.replace(/\bflags\s*=\s*\{[^}]*\}/g, (flags) =>
    flags.replace(/(["'])allow-key-locking\1\s*,?/g, ""),
  );
  return { command: command.with(-1, typeof code === "string" ? stripped : Buffer.from(stripped, "latin1")) };
}

/** Returns whether a script certainly has fewer locals than Lua allows. A loop has up to three without a name. */
function hasRoom(script: string): boolean {
  const count = (pattern: RegExp, text: string) => text.match(pattern)?.length ?? 0;
  const names = script.match(/\b(local|for)\b[\s\w,]*/g) ?? [];
  const locals = count(/\blocal\b/g, script) + 4 * count(/\bfor\b/g, script) + count(/,/g, names.join(""));
  return locals <= LOCALS_WITH_ROOM;
}

function hasShebang(script: ScriptText): boolean {
  return typeof script === "string" ? script.startsWith("#!") : script.subarray(0, 2).toString("latin1") === "#!";
}

function isError(reply: RedisReply): reply is ReplyError {
  return reply instanceof ReplyError;
}

function sha1(text: ScriptText): string {
  return createHash("sha1").update(text).digest("hex");
}
