import type { IncomingHttpHeaders } from "node:http";

/**
 * Why a request may not come in, as an error's message; undefined where it may. A browser sends requests to this machine's
 * ports for any web page. A page of another origin shows by `Origin`, or where none is sent by `Sec-Fetch-Site`; one whose own
 * name points at this machine (DNS rebinding) shows by `Host`. A form's content type needs no preflight: only a program may
 * send it.
 *
 * `hosts`: more names of this machine, in lower case. "any": it listens on a network whose names it does not know.
 */
export function refusalOf(headers: IncomingHttpHeaders, hosts: readonly string[] | "any"): string | undefined {
  const stranger = strangerOf(headers, hosts);
  return stranger && `ERR forbidden_origin: ${DETAILS[stranger]}`;
}

const DETAILS = {
  host: "this gateway serves its own machine alone: call it as 127.0.0.1 or localhost, or list the name that you use in ALLOWED_HOSTS",
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

/** Whether a name or an address, in brackets or not, is one that only this machine has. */
function isLoopback(name: string): boolean {
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  return /^127\.\d+\.\d+\.\d+$/.test(name) || /^\[?::1\]?$/.test(name);
}

/** Every browser's name for itself begins so, and no page can change it. */
function isBrowser(userAgent = ""): boolean {
  return /^mozilla\//i.test(userAgent);
}
