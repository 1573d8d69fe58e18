import { memoryUsage } from "node:process";
import type { CommandContext } from "./command.ts";
import { type Bytes, toBytes } from "./replies.ts";

/** The version of Redis whose behaviour the store imitates. */
const REDIS_VERSION = "7.0.15";
/** The sections that are shown only when asked for. */
const OPTIONAL = "commandstats";

type InfoSection = (context: CommandContext) => string[];

const SECTIONS: Readonly<Record<string, readonly [title: string, lines: InfoSection]>> = {
  server: ["Server", server],
  clients: ["Clients", () => ["connected_clients:1", "blocked_clients:0"]],
  memory: ["Memory", memory],
  persistence: ["Persistence", ({ store }) => ["loading:0", `rdb_changes_since_last_save:${store.changes}`]],
  stats: ["Stats", stats],
  replication: ["Replication", () => ["role:master", "connected_slaves:0"]],
  commandstats: ["Commandstats", (context) => context.stats.commandLines()],
  errorstats: ["Errorstats", (context) => context.stats.errorLines()],
  cluster: ["Cluster", () => ["cluster_enabled:0"]],
  keyspace: ["Keyspace", keyspace],
};

/** The text of INFO with these sections; with none, what Redis shows by default. */
export function infoOf(context: CommandContext, wanted: readonly Bytes[]): Bytes {
  const names = wanted.length === 0 ? ["default"] : wanted.map((name) => name.toLowerCase());
  const all = names.includes("all") || names.includes("everything");
  const byDefault = names.includes("default");
  const shown = Object.entries(SECTIONS).filter(
    ([name]) => all || names.includes(name) || (byDefault && name !== OPTIONAL),
  );
  const texts = shown.map(([, [title, lines]]) => [`# ${title}`, ...lines(context), ""].join("\r\n"));
  return toBytes(texts.join("\r\n"));
}

function server({ store, startedAt }: CommandContext): string[] {
  return [
    `redis_version:${REDIS_VERSION}`,
    "redis_mode:standalone",
    "embedded:1",
    `os:${process.platform}`,
    `process_id:${process.pid}`,
    `server_time_usec:${store.microseconds}`,
    `uptime_in_seconds:${Math.max(0, Math.floor((store.now - startedAt) / 1000))}`,
  ];
}

function memory({ store, config }: CommandContext): string[] {
  return [
    `used_memory:${store.usedBytes}`,
    `used_memory_human:${(store.usedBytes / 1024 ** 2).toFixed(2)}M`,
    `used_memory_rss:${memoryUsage().rss}`,
    `maxmemory:${config.maxMemory}`,
    "maxmemory_policy:noeviction",
  ];
}

function stats({ stats: { commandsProcessed, expiredKeys }, channels }: CommandContext): string[] {
  return [
    `total_commands_processed:${commandsProcessed}`,
    `expired_keys:${expiredKeys}`,
    "evicted_keys:0",
    `pubsub_channels:${channels.names(undefined).length}`,
    `pubsub_patterns:${channels.patternCount}`,
  ];
}

function keyspace({ store }: CommandContext): string[] {
  return store.size === 0 ? [] : [`db0:keys=${store.size},expires=${store.sizeExpiring},avg_ttl=0`];
}
