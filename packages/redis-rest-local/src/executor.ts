import { type Backend, type Command, type RedisReply, ReplyError } from "./backend.ts";
import type { ParsedCommand } from "./commands.ts";
import { withoutUpstashOptions } from "./options.ts";
import { refusedToReaders } from "./read-only.ts";
import { notAvailable, ruling, unknownName, word } from "./rules.ts";
import { type RewrittenCommand, ScriptRewriter } from "./script-rewriter.ts";

/** What to do with a command: give a reply that is already known, or send something. */
type CommandPlan = { readonly reply: RedisReply } | RewrittenCommand;

/** Commands that would hold up the shared connection. Inside a transaction they answer without waiting. */
const WAITING = new Set(["WAIT", "WAITAOF"]);

/** The error of a command that got no reply: whether it ran is not known. */
export class OutOfReach extends Error {
  override readonly name = "OutOfReach";
}

/** Runs commands on a Redis as Upstash runs them: where Upstash differs, it refuses, answers or rewrites them. */
export class Executor {
  private readonly backend: Backend;
  private readonly scripts: ScriptRewriter;

  constructor(backend: Backend, checkKeys: boolean) {
    this.backend = backend;
    this.scripts = new ScriptRewriter(checkKeys);
  }

  /** Runs one command. Rejects with `OutOfReach`, as the other methods do. */
  async run(request: ParsedCommand, readOnly: boolean): Promise<RedisReply> {
    const plan = this.plan(request, readOnly);
    if ("reply" in plan) return plan.reply;
    let reply: RedisReply;
    try {
      reply = await this.send(plan.command);
    } catch (error) {
      throwOutOfReach(error);
    }
    return this.finish(plan, reply);
  }

  /** Runs commands in order; commands of other requests may run between them. */
  runAll(requests: readonly ParsedCommand[], readOnly: boolean): Promise<RedisReply[]> {
    return Promise.all(requests.map((request) => this.run(request, readOnly)));
  }

  /** Runs all commands as one, or none of them; then it returns the error of the first that could not run. */
  async runAtomically(requests: readonly ParsedCommand[], readOnly: boolean): Promise<RedisReply[] | ReplyError> {
    const plans = requests.map((request) => this.plan(request, readOnly));
    for (const plan of plans) if ("reply" in plan && plan.reply instanceof ReplyError) return plan.reply;
    const sent = plans.filter((plan): plan is RewrittenCommand => "command" in plan);
    const replies = sent.length === 0 ? [] : await this.transaction(sent.map((plan) => plan.command));
    if (replies instanceof ReplyError) return this.reworded(replies);
    let next = 0;
    return Promise.all(plans.map((plan) => ("reply" in plan ? plan.reply : this.finish(plan, replies[next++]!))));
  }

  private plan(request: ParsedCommand, readOnly: boolean): CommandPlan {
    if (request instanceof ReplyError) return { reply: request };
    const name = word(request, 0);
    const refusal = readOnly ? refusedToReaders(name) : undefined;
    const reply = refusal ?? ruling(name, request);
    if (reply !== undefined) return { reply };
    const command = withoutUpstashOptions(name, request) ?? request;
    return this.scripts.rewrite(name, command) ?? { command };
  }

  /** Runs SUBSCRIBE, PSUBSCRIBE or MONITOR, as `Backend.stream` does. */
  stream(command: Command, onReply: (reply: RedisReply) => void, onEnd: () => void): Promise<() => void> {
    return this.backend.stream(command, onReply, onEnd).catch(throwOutOfReach);
  }

  private async finish({ restore }: RewrittenCommand, reply: RedisReply): Promise<RedisReply> {
    const worded = reply instanceof ReplyError ? await this.reworded(reply) : reply;
    return restore ? restore(worded) : worded;
  }

  /** Rewords the error of a command that the store lacks, so that it names the store and says what to do. */
  private async reworded(error: ReplyError): Promise<ReplyError> {
    const name = unknownName(error);
    return name === undefined ? error : notAvailable(name, await this.backend.lacks());
  }

  private send(command: Command): Promise<RedisReply> {
    if (!WAITING.has(word(command, 0))) return this.backend.send(command);
    return this.backend
      .transaction([command])
      .then((replies) => (replies instanceof ReplyError ? replies : replies[0]!));
  }

  private transaction(commands: readonly Command[]): Promise<RedisReply[] | ReplyError> {
    return this.backend.transaction(commands).catch(throwOutOfReach);
  }
}

function throwOutOfReach(error: unknown): never {
  throw new OutOfReach((error as Error).message, { cause: error });
}
