import type { Config } from "../../lib/config/config.ts";
import { describe, RedisError } from "../../lib/errors.ts";
import type { Database } from "./database.ts";
import { type Finding, fail, ok } from "./finding.ts";
import { refusal } from "./refusals.ts";
import { CONSOLE, START_IT } from "./settings.ts";

/** Is there a Redis behind its REST API, and does it take the token? Only when the last is ok there is more to ask. */
export async function checkReach(
  database: Database,
  { redis: { url } }: Config,
  isLocalStack: boolean,
): Promise<Finding[]> {
  const begin = performance.now();
  try {
    const answer = await database.send("PING");
    if (answer !== "PONG")
      return [fail("reachable", "what answers there is no REST API of a Redis", wrongAddress(url))];
    return [ok("reachable", `the first answer came after ${Math.round(performance.now() - begin)} ms`)];
  } catch (error) {
    const { message } = describe(error);
    if (/refused the token|WRONGPASS|NOAUTH/.test(message))
      return [ok("reachable", `${new URL(url).host} answers`), refusedToken(isLocalStack)];
    if (!(error instanceof RedisError)) return [fail("reachable", refusal(error).said, refusal(error).mend)];
    const { seen, mend } = unreachable(error, url);
    return [fail("reachable", seen, isLocalStack ? START_IT : mend)];
  }
}

function refusedToken(isLocalStack: boolean): Finding {
  const mend = isLocalStack
    ? "end npm start, and start it again"
    : `copy UPSTASH_REDIS_REST_TOKEN from ${CONSOLE}, of the same database as the address`;
  return fail("token", "it is refused", mend);
}

/** Each way of not being there in its own words. */
function unreachable({ message, cause }: RedisError, url: string): { seen: string; mend: string } {
  const { host, hostname } = new URL(url);
  const code = String((cause as { code?: unknown } | undefined)?.code ?? "");
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return { seen: `no name server knows ${hostname} (${code})`, mend: `${wrongAddress(url)}; is there a network?` };
  if (code === "ECONNREFUSED")
    return { seen: `nothing listens at ${host}`, mend: `start what should be there; else ${wrongAddress(url)}` };
  if (/^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|ERR_SSL)/.test(code))
    return { seen: `no secure connection to ${host} (${code})`, mend: tlsMend(code) };
  if (/no answer within/.test(message))
    return {
      seen: `${host} does not answer in time (${message.match(/no answer within \d+ ms/)![0]})`,
      mend: "a firewall that drops what it does not know, or a database that is overloaded or paused: see its console",
    };
  if (code.startsWith("HPE_"))
    return {
      seen: `what listens at ${host} speaks no HTTP`,
      mend: "is it Redis' own TCP port? It must be its REST API",
    };
  const status = message.match(/it answered (\d+)/)?.[1];
  if (/not JSON|unexpected value/.test(message))
    return { seen: `what answers there (${status}) is no REST API of a Redis`, mend: wrongAddress(url) };
  if (status) return { seen: `the REST API answers ${status}: Redis behind it is down or overloaded`, mend: LATER };
  return { seen: `the connection to ${host} breaks (${code || describe(cause).message})`, mend: LATER };
}

const LATER = "try again; if it stays so see status.upstash.com, or the log of your own gateway";

function wrongAddress(url: string): string {
  return new URL(url).hostname.endsWith(".upstash.io")
    ? `copy UPSTASH_REDIS_REST_URL again from ${CONSOLE}; a deleted or archived database has none`
    : "check UPSTASH_REDIS_REST_URL";
}

function tlsMend(code: string): string {
  if (code === "EPROTO") return "it speaks no TLS: http:// is meant, if it is on this machine";
  return "a certificate of your own: name it in NODE_EXTRA_CA_CERTS. Else somebody stands between: do not go on";
}
