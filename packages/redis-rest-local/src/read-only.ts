import { ReplyError } from "./backend.ts";

/**
 * The commands that the read-only token may run: Redis' category `@read` without `@dangerous` and without SCAN, as Upstash's
 * user `default_ro` has it, and the two connection commands that Upstash keeps. No scripts: `EVAL_RO` is not in `@read`.
 */
const ALLOWED = new Set(
  `PING ECHO
  DBSIZE DUMP EXISTS EXPIRETIME MEMORY PEXPIRETIME PTTL RANDOMKEY TOUCH TTL TYPE
  BITCOUNT BITFIELD_RO BITPOS DIGEST GET GETBIT GETRANGE MGET STRLEN SUBSTR
  HEXISTS HEXPIRETIME HGET HGETALL HKEYS HLEN HMGET HPEXPIRETIME HPTTL HRANDFIELD HSCAN HSTRLEN HTTL HVALS
  LINDEX LLEN LPOS LRANGE
  SCARD SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS SMISMEMBER SRANDMEMBER SSCAN SUNION
  ZCARD ZCOUNT ZDIFF ZINTER ZINTERCARD ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREVRANGE
  ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION
  GEODIST GEOHASH GEOPOS GEORADIUS_RO GEORADIUSBYMEMBER_RO GEOSEARCH PFCOUNT
  XINFO XLEN XPENDING XRANGE XREAD XREVRANGE
  JSON.ARRINDEX JSON.ARRLEN JSON.GET JSON.MGET JSON.OBJKEYS JSON.OBJLEN JSON.STRLEN JSON.TYPE`.split(/\s+/),
);

/** Returns whether a command certainly changes nothing. */
export function isRead(name: string): boolean {
  return ALLOWED.has(name);
}

/** Returns the error of a command that the read-only token may not run; undefined if it may. */
export function refusedToReaders(name: string): ReplyError | undefined {
  if (isRead(name)) return undefined;
  const command = name.toLowerCase();
  return new ReplyError(`NOPERM this user has no permissions to run the '${command}' command or its subcommand`);
}
