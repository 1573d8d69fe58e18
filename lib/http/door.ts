import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Door } from "../config/door-settings.ts";
import { isLoopback } from "../config/local.ts";
import { Problem } from "../errors.ts";
import type { Log } from "../observability/log.ts";
import { cut } from "../text.ts";
import { refuse } from "./refuse.ts";

/** What shows that a request comes from a page of another origin, or from another machine. */
export type Stranger = "host" | "origin" | "form" | "machine";

/** What to do about each. */
const DETAILS: Record<Stranger, string> = {
  host: "this serves its own machine alone: call it as 127.0.0.1 or localhost, or list the name that you use in ALLOWED_HOSTS",
  origin: "a page of another origin may not call this: list its origin in CORS_ORIGINS, or set API_KEYS",
  machine:
    "this is open without keys, so it serves its own machine alone: set API_KEYS, or, where the port is published on 127.0.0.1 alone, IS_LOCAL=published-on-loopback",
  form: "a browser's form may not call this: send application/json",
};

/**
 * Answers 403 to a request that comes from a web page of another origin, and reads nothing of it. Returns whether it did.
 * A browser sends such requests to this machine's ports for any page; CORS keeps the page from reading the answers, not
 * from asking.
 */
export function turnedAway(request: IncomingMessage, response: ServerResponse, door: Door, log: Log): boolean {
  const problem = foreign(request.headers, door, log);
  if (!problem) return false;
  request.resume();
  const [path = "/"] = (request.url ?? "/").split("?", 1);
  refuse(response, problem, { path });
  return true;
}

/**
 * Checks that a request does not act as a user by what a browser adds by itself, whichever page asks: cookies, HTTP Basic, a
 * client's certificate. A listed origin may; `*` lists none for requests with cookies or HTTP Basic. A browser adds no
 * `Authorization: Bearer`, so a request that has it comes from somebody who knows the token.
 *
 * @throws Problem `forbidden_origin`
 */
export function mustNotBorrowIdentity(headers: IncomingHttpHeaders, origins: readonly string[]): void {
  const { cookie, authorization } = headers;
  if (/^bearer /i.test(authorization ?? "")) return;
  const isBorrowed = cookie !== undefined || authorization !== undefined;
  const listed = isBorrowed ? origins.filter((origin) => origin !== "*") : origins;
  if (strangerOf(headers, { hosts: "any", origins: listed }) === undefined) return;
  throw new Problem(
    "forbidden_origin",
    "a page of another origin may not act as a user of this one: list its origin in CORS_ORIGINS, by name",
  );
}

/**
 * Says, and logs, why a request is refused: a page of another origin sent it or, by the address `from`, another machine.
 * Undefined: neither did.
 */
export function foreign(headers: IncomingHttpHeaders, door: Door, log: Log, from?: string): Problem | undefined {
  const stranger = isFromElsewhere(door, from) ? "machine" : strangerOf(headers, door);
  if (stranger === undefined) return undefined;
  const { host = "", origin = "" } = headers;
  const seen = { host: cut(host, 100), ...(origin === "" ? {} : { origin: cut(origin, 100) }), from };
  log("warn", "stranger_refused", { because: stranger, ...seen });
  return new Problem("forbidden_origin", DETAILS[stranger]);
}

/**
 * Tells a stranger by its headers. `Host` first: a name of somebody else's that points at this machine (DNS rebinding) makes
 * a foreign page one of the same origin. A page of another origin shows by `Origin`, or where none is sent by
 * `Sec-Fetch-Site`. A form's content type needs no preflight: only a program, such as curl, may send it without an origin.
 */
export function strangerOf(headers: IncomingHttpHeaders, { hosts, origins }: Door): Stranger | undefined {
  const { host, origin, "sec-fetch-site": site } = headers;
  const name = nameIn(host);
  if (hosts !== "any" && !(isLoopback(name) || hosts.includes(name))) return "host";
  if (origin !== undefined)
    return isOwn(origin, host, site, hosts) || origins.includes(origin) || origins.includes("*") ? undefined : "origin";
  if (site !== undefined && site !== "same-origin" && site !== "none") return "origin";
  return isForm(headers) && isFromBrowser(headers) ? "form" : undefined;
}

/** Tells whether another machine sent a request. An address of IPv4 may be written as one of IPv6. */
function isFromElsewhere({ isPublished = false }: Door, from: string | undefined): boolean {
  return !isPublished && from !== undefined && !isLoopback(from.replace(/^::ffff:/i, ""));
}

/** Reads the name in a `Host` header, in lower case; "" where there is none. */
function nameIn(host = ""): string {
  return /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase() ?? "";
}

/** Tells whether a page is ours. A proxy may have changed `Host`; then, where any host will do, the browser's own word counts. */
function isOwn(origin: string, host: string | undefined, site: unknown, hosts: Door["hosts"]): boolean {
  return isSameOrigin(origin, host) || (hosts === "any" && site === "same-origin");
}

/** Compares the two headers, in which a browser writes the host alike. Behind a proxy the page may have come by https. */
function isSameOrigin(origin: string, host = ""): boolean {
  return [`http://${host}`, `https://${host}`].includes(origin);
}

/** Tells whether a page may send this to another origin without a preflight. */
function isForm(headers: IncomingHttpHeaders): boolean {
  return /^\s*(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\s*(;|$)/i.test(
    headers["content-type"] ?? "",
  );
}

/** Tells whether a browser sent this: every browser sends one of these headers, and no page can prevent that. */
function isFromBrowser(headers: IncomingHttpHeaders): boolean {
  return headers["sec-fetch-site"] !== undefined || /^mozilla\//i.test(headers["user-agent"] ?? "");
}
