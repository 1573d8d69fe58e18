import { isLoopback } from "./local.ts";
import { Expected, entriesOf, variable } from "./variable.ts";

/** Who may come in where no key is asked for, besides this machine's own programs and pages. */
export interface Door {
  /** More names of this machine, in lower case (ALLOWED_HOSTS). "any": it listens on a network whose names it does not know. */
  hosts: readonly string[] | "any";
  /** Origins whose pages may call (CORS_ORIGINS); `*` is any. */
  origins: readonly string[];
  /** Requests come by way of other addresses, to a port that is published on 127.0.0.1 alone: a container's. */
  isPublished?: boolean;
}

/** Names that this machine is called by besides its loopback ones, in lower case. */
export const ALLOWED_HOSTS = variable(hostsOf, []);

/** Says who may come in where only programs call. A port that is open to a network is called by names of that network. */
export function doorAt(listensAt: string, allowed: readonly string[]): Door {
  return { hosts: isLoopback(listensAt) || allowed.length > 0 ? allowed : "any", origins: [] };
}

function hostsOf(list: string): string[] {
  const hosts = entriesOf(list);
  if (!hosts.every((host) => /^([\w.-]+|\[[\da-f:.]+\])$/i.test(host)))
    throw new Expected("names such as queue.example.lan, without scheme and port, separated by commas");
  return hosts.map((host) => host.toLowerCase());
}
