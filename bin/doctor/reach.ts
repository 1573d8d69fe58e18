import type { Config } from "../../lib/config/config.ts";
import { describe, RedisError } from "../../lib/errors.ts";
import type { Database } from "./database.ts";
import { type Finding, fail, ok } from "./finding.ts";
import { refusal } from "./refusals.ts";
import { CONSOLE, START_IT } from "./settings.ts";

/** Checks whether a Redis answers behind its REST API, and whether it accepts the token. If not, no other check can run. */
export async function checkReach(
  database: Database,
  { redis: { url } }: Config,
  isLocalStack: boolean,
): Promise<Finding[]> {
  const begin = performance.now();
  try {
    const answer = await database.send("PING");
    if (answer !== "PONG") return [fail("reachable", "what answers there is no Redis REST API", wrongAddress(url))];
    return [ok("reachable", `the first answer came after ${Math.round(performance.now() - begin)} ms`)];
  } catch (error) {
    const { message } = describe(error);
    if (/refused the token|WRONGPASS|NOAUTH/.test(message))
      return [ok("reachable", `${new URL(url).host} answers`), refusedToken(isLocalStack)];
    if (!(error instanceof RedisError)) return [fail("reachable", refusal(error).said, refusal(error).fix)];
    const { seen, fix } = unreachable(error, url);
    return [fail("reachable", seen, isLocalStack ? START_IT : fix)];
  }
}

function refusedToken(isLocalStack: boolean): Finding {
  const fix = isLocalStack
    ? "end npm start and start it again"
    : `copy UPSTASH_REDIS_REST_TOKEN from ${CONSOLE}, of the same database as the address`;
  return fail("token", "it is refused", fix);
}

/** Says why no answer came, and what to do. */
function unreachable({ message, cause }: RedisError, url: string): { seen: string; fix: string } {
  const { host, hostname } = new URL(url);
  const code = String((cause as { code?: unknown } | undefined)?.code ?? "");
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return { seen: `no name server knows ${hostname} (${code})`, fix: `${wrongAddress(url)}; check the network` };
  if (code === "ECONNREFUSED")
    return {
      seen: `nothing listens at ${host}`,
      fix: `start the server that should listen there, or ${wrongAddress(url)}`,
    };
  if (/^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|ERR_SSL)/.test(code))
    return { seen: `no secure connection to ${host} (${code})`, fix: tlsFix(code) };
  if (/no answer within/.test(message))
    return {
      seen: `${host} does not answer in time (${message.match(/no answer within \d+ ms/)![0]})`,
      fix: "look for a firewall that drops packets, and in the database's console whether it is overloaded or paused",
    };
  if (code.startsWith("HPE_"))
    return {
      seen: `what listens at ${host} speaks no HTTP`,
      fix: "give the address of the REST API, not Redis' own TCP port",
    };
  const status = message.match(/it answered (\d+)/)?.[1];
  if (/not JSON|unexpected value/.test(message))
    return { seen: `what answers there (${status}) is no Redis REST API`, fix: wrongAddress(url) };
  if (status) return { seen: `the REST API answers ${status}: Redis behind it is down or overloaded`, fix: LATER };
  return { seen: `the connection to ${host} breaks (${code || describe(cause).message})`, fix: LATER };
}

const LATER = "try again; if that does not help, see status.upstash.com, or the log of your own gateway";

function wrongAddress(url: string): string {
  return new URL(url).hostname.endsWith(".upstash.io")
    ? `copy UPSTASH_REDIS_REST_URL again from ${CONSOLE}; a deleted or archived database has none`
    : "check UPSTASH_REDIS_REST_URL";
}

function tlsFix(code: string): string {
  if (code === "EPROTO") return "it speaks no TLS: use http:// if it is on this machine";
  return "if the certificate is your own, name its file in NODE_EXTRA_CA_CERTS; if not, stop: somebody may be intercepting the connection";
}
