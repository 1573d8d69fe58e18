import { ReplyError } from "../backend.ts";
import type { Args } from "./args.ts";
import type { CommandContext, CommandList } from "./command.ts";
import { type EngineReply, fail, quoted } from "./replies.ts";
import type { Store } from "./store.ts";

/** The commands of publish and subscribe, except for subscribing: a subscription is a stream, see `Backend.stream`. */
export const pubSubCommands: CommandList = {
  publish: [
    3,
    "pubsub may_replicate fast",
    (_store, [, channel, message], { channels }) => channels.publish(channel, message),
  ],
  subscribe: [-2, "pubsub noscript", streamOnly],
  psubscribe: [-2, "pubsub noscript", streamOnly],
  monitor: [1, "admin noscript no_multi", streamOnly],
  "pubsub|channels": [-2, "pubsub", listChannels],
  "pubsub|numsub": [
    -2,
    "pubsub",
    (_store, args, { channels }) => args.slice(2).flatMap((channel) => [channel, channels.receivers(channel)]),
  ],
  "pubsub|numpat": [2, "pubsub", (_store, _args, { channels }) => channels.patternCount],
};

function listChannels(_store: Store, args: Args, { channels }: CommandContext): EngineReply {
  if (args.length > 3) {
    fail(`ERR unknown subcommand or wrong number of arguments for '${quoted(args[1])}'. Try PUBSUB HELP.`);
  }
  return channels.names(args[2]);
}

function streamOnly(): EngineReply {
  return new ReplyError("ERR this command is served as a stream only");
}
