import { ReplyError, StatusReply } from "../backend.ts";
import { hasArity } from "./command.ts";
import { commands } from "./command-table.ts";
import type { Engine } from "./engine.ts";
import { arityError, type Bytes, type EngineReply, OK } from "./replies.ts";

/**
 * Runs SUBSCRIBE, PSUBSCRIBE or MONITOR. `onReply` gets the confirmations first and then each message, or an error.
 * Returns a function that ends it.
 */
export function openStream(engine: Engine, args: readonly Bytes[], onReply: (reply: EngineReply) => void): () => void {
  const stops: (() => void)[] = [];
  let open = true;
  const receive = (reply: EngineReply) => {
    if (open) onReply(reply);
  };
  const spec = commands.find(args);
  if (spec instanceof ReplyError) onReply(spec);
  else if (!hasArity(spec, args.length)) onReply(arityError(spec.name));
  else if (spec.name === "monitor") {
    onReply(OK);
    stops.push(engine.monitors.add((line) => receive(new StatusReply(line))));
  } else if (spec.name === "subscribe" || spec.name === "psubscribe") {
    const names = new Set<Bytes>();
    for (const name of args.slice(1)) {
      if (!names.has(name)) {
        const { channels } = engine;
        stops.push(
          spec.name === "subscribe" ? channels.subscribe(name, receive) : channels.subscribePattern(name, receive),
        );
      }
      names.add(name);
      onReply([spec.name, name, names.size]);
    }
  } else onReply(new ReplyError(`ERR '${spec.name}' is no stream`));
  return () => {
    open = false;
    for (const stop of stops) stop();
  };
}
