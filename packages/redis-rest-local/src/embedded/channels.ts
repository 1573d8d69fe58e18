import { globMatches } from "./glob.ts";
import type { Bytes, EngineReply } from "./replies.ts";

/** Gets a published message, as the reply that a subscriber sees. */
export type Receive = (message: EngineReply) => void;

/** The listeners of each channel. A message is delivered after the command that published it, in order. */
export class Channels {
  private readonly channels = new Map<Bytes, Set<Receive>>();
  private readonly patterns = new Map<Bytes, Set<Receive>>();

  /** Adds a listener. Returns a function that removes it. */
  subscribe(channel: Bytes, receive: Receive): () => void {
    return listen(this.channels, channel, receive);
  }

  /** Adds a listener. Returns a function that removes it. */
  subscribePattern(pattern: Bytes, receive: Receive): () => void {
    return listen(this.patterns, pattern, receive);
  }

  /** Publishes a message. Returns how many listeners get it. */
  publish(channel: Bytes, message: Bytes): number {
    const deliveries: (() => void)[] = [];
    for (const receive of this.channels.get(channel) ?? []) {
      deliveries.push(() => receive(["message", channel, message]));
    }
    for (const [pattern, receivers] of this.patterns) {
      if (!globMatches(pattern, channel)) continue;
      for (const receive of receivers) deliveries.push(() => receive(["pmessage", pattern, channel, message]));
    }
    for (const deliver of deliveries) queueMicrotask(deliver);
    return deliveries.length;
  }

  names(pattern: Bytes | undefined): Bytes[] {
    return [...this.channels.keys()].filter((channel) => pattern === undefined || globMatches(pattern, channel));
  }

  receivers(channel: Bytes): number {
    return this.channels.get(channel)?.size ?? 0;
  }

  get patternCount(): number {
    return this.patterns.size;
  }
}

function listen(all: Map<Bytes, Set<Receive>>, name: Bytes, receive: Receive): () => void {
  const receivers = all.get(name) ?? new Set();
  all.set(name, receivers);
  receivers.add(receive);
  return () => {
    receivers.delete(receive);
    if (receivers.size === 0 && all.get(name) === receivers) all.delete(name);
  };
}
