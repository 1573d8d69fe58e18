import { type Command, type RedisReply, ReplyError, StatusReply } from "./backend.ts";

/** Returns what the gateway answers in Redis' place; undefined lets Redis answer. */
type Rule = (command: Command) => RedisReply | undefined;

/** Commands that change the state of a shared connection (connection, transaction, pub/sub), or would block it. */
export const RESTRICTED = words(`
  AUTH HELLO RESET QUIT CLIENT
  MULTI EXEC DISCARD WATCH UNWATCH
  SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE MONITOR
  BLPOP BRPOP BRPOPLPUSH BLMOVE BLMPOP BZPOPMIN BZPOPMAX BZMPOP`);

/** Commands that Redis has and Upstash does not. */
export const ABSENT = words(`
  ACL ASKING BGREWRITEAOF BGSAVE CLUSTER DEBUG FAILOVER LASTSAVE LATENCY LCS LOLWUT MIGRATE MODULE MOVE OBJECT
  PFDEBUG PFSELFTEST PSYNC READONLY READWRITE REPLCONF REPLICAOF RESTORE-ASKING ROLE SAVE SHUTDOWN SLAVEOF SLOWLOG
  SORT SORT_RO SPUBLISH SSUBSCRIBE SUNSUBSCRIBE SWAPDB SYNC`);

/** The subcommands of commands that have no others at Upstash. */
export const SUBCOMMANDS: Record<string, string[]> = {
  CONFIG: words("GET SET"),
  FUNCTION: words("DELETE FLUSH KILL LIST LOAD STATS"),
  MEMORY: words("USAGE"),
  SCRIPT: words("EXISTS FLUSH KILL LOAD"),
};

const OK = new StatusReply("OK");
const NO_SUCH_DATABASE = new ReplyError("ERR DB index is out of range");

/** The rules of commands that Upstash answers in its own way. */
const SPECIAL: Record<string, Rule> = {
  COMMAND: () => [],
  CONFIG: (command) => {
    const subcommand = word(command, 1);
    const one = command.length === (subcommand === "SET" ? 4 : 3);
    return one && word(command, 2) === "NOTIFY-KEYSPACE-EVENTS" ? undefined : unavailable(`CONFIG ${subcommand}`);
  },
  COPY: (command) => {
    if (namesAnotherDatabase(command)) return NO_SUCH_DATABASE;
    const [, from, to] = command;
    return from !== undefined && to !== undefined && text(from) === text(to) ? 0 : undefined;
  },
  DEL: (command) => (command.length === 1 ? 0 : undefined),
  SELECT: (command) => {
    if (command.length !== 2) return new ReplyError("ERR wrong number of arguments for 'select' command");
    return word(command, 1) === "0" ? OK : NO_SUCH_DATABASE;
  },
  UNLINK: (command) => (command.length === 1 ? 0 : undefined),
  XREAD: (command) => (blocks(command) ? restricted("XREAD BLOCK") : undefined),
  XREADGROUP: (command) => (blocks(command) ? restricted("XREADGROUP BLOCK") : undefined),
};

const RULES = new Map<string, Rule>([
  ...Object.entries(SPECIAL),
  ...Object.entries(SUBCOMMANDS).map(([name, known]): [string, Rule] => [name, subcommandRule(name, known)]),
  ...RESTRICTED.map((name): [string, Rule] => [name, () => restricted(name)]),
  ...ABSENT.map((name): [string, Rule] => [name, () => unavailable(name)]),
]);

/** Returns what Upstash answers to a command if Redis would answer or act differently; undefined lets Redis answer. */
export function ruling(name: string, command: Command): RedisReply | undefined {
  return RULES.get(name)?.(command);
}

/** Returns a command's name, or another word of it, in capitals; "" if it has no such word. */
export function word(command: Command, at: number): string {
  const argument = command[at];
  return argument === undefined ? "" : text(argument).toUpperCase();
}

/** Returns the command or subcommand that the store does not know; undefined if the error says something else. */
export function unknownName({ message }: ReplyError): string | undefined {
  const command = /^ERR unknown command [`'](.*?)[`'](, with args beginning with: .*)?$/s.exec(message);
  if (command) return command[1]!.toUpperCase();
  const subcommand = /^ERR unknown subcommand '(.*)'\. Try (\S+) HELP\.$/s.exec(message);
  return subcommand ? `${subcommand[2]} ${subcommand[1]!.toUpperCase()}` : undefined;
}

/** Makes Upstash's own error for a command that Upstash does not have. */
function unavailable(name: string): ReplyError {
  const page = "https://upstash.com/docs/redis/overall/rediscompatibility";
  return notAvailable(name, `See ${page} for details`);
}

/** Makes Upstash's error for a command that is not available. */
export function notAvailable(name: string, why: string): ReplyError {
  return new ReplyError(`ERR Command is not available: '${name}'. ${why}`);
}

function restricted(name: string): ReplyError {
  return new ReplyError(`ERR Command "${name}" is not allowed in REST or it has a special context path`);
}

function subcommandRule(name: string, known: string[]): Rule {
  return (command) => {
    const subcommand = word(command, 1);
    if (subcommand !== "" && !known.includes(subcommand)) return unavailable(`${name} ${subcommand}`);
    return SPECIAL[name]?.(command);
  };
}

/** Returns whether a COPY has DB with a number other than 0, which is the only database. */
function namesAnotherDatabase(command: Command): boolean {
  return command.some((_, at) => at > 3 && word(command, at - 1) === "DB" && /^-?[1-9]\d*$/.test(word(command, at)));
}

/** Returns whether BLOCK is an option of an XREAD or XREADGROUP, and not the name of a group or a stream. */
function blocks(command: Command): boolean {
  let at = 1;
  while (at < command.length) {
    const option = word(command, at);
    if (option === "BLOCK") return true;
    if (option === "STREAMS") return false;
    at += option === "GROUP" ? 3 : 1;
  }
  return false;
}

function text(argument: string | Buffer): string {
  return typeof argument === "string" ? argument : argument.toString("latin1");
}

function words(list: string): string[] {
  return list.split(/\s+/).filter((one) => one !== "");
}
