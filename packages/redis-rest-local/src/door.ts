import type { IncomingHttpHeaders } from "node:http";

/**
 * Returns why a request is refused, as an error's message; undefined if it may come in. A browser sends requests to this
 * machine's ports for any web page. `Origin`, or else `Sec-Fetch-Site`, gives away a page of another origin; `Host` gives away
 * one whose own name points at this machine (DNS rebinding). A form's content type needs no preflight, so only programs may
 * send it.
 *
 * `hosts` are further names of this machine, in lower case; "any" if it listens on a network whose names it does not know.
 */
export function refusalOf(headers: IncomingHttpHeaders, hosts: readonly string[] | "any"): string | undefined {
  const stranger = strangerOf(headers, hosts);
  return stranger && `ERR forbidden_origin: ${DETAILS[stranger]}`;
}

const DETAILS = {
  host: "this gateway serves only its own machine: call it as 127.0.0.1 or localhost, or add the name that you use to ALLOWED_HOSTS",
  origin: "a page of another origin may not call this gateway",
  form: "a browser's form may not call this gateway: send application/json",
};

function strangerOf(headers: IncomingHttpHeaders, hosts: readonly string[] | "any"): keyof typeof DETAILS | undefined {
  const { host = "", origin, "sec-fetch-site": site } = headers;
  const name = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.exec(host)?.[1]?.toLowerCase() ?? "";
  if (hosts !== "any" && !isLoopback(name) && !hosts.includes(name)) return "host";
  if (origin !== undefined) return origin === `http://${host}` || origin === `https://${host}` ? undefined : "origin";
  if (site !== undefined && site !== "same-origin" && site !== "none") return "origin";
  const type = (headers["content-type"] ?? "").split(";", 1)[0]!.trim().toLowerCase();
  return FORM_TYPES.includes(type) && (site !== undefined || isBrowser(headers["user-agent"])) ? "form" : undefined;
}

const FORM_TYPES = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];

/** Returns whether a name or an address, in brackets or not, is a loopback one. */
function isLoopback(name: string): boolean {
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return /^127\.\d+\.\d+\.\d+$/.test(name) || /^\[?::1\]?$/.test(name);
}

/** Returns whether this is a browser: every browser's user agent begins so, and no page can change it. */
function isBrowser(userAgent = ""): boolean {
  return /^mozilla\//i.test(userAgent);
}
