import type { ClientRequest, IncomingMessage } from "node:http";
import type { LookupFunction } from "node:net";
import * as z from "zod/mini";
import { defineTask, NonRetriableError, RetryAfterError, SnoozeError } from "../lib/tasks.ts";
import { cut } from "../lib/text.ts";
import { allowPrivateAddresses, isOffered } from "./settings.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
const MAX_REDIRECTS = 5;
const BODY_BYTES = 64 * 1024;
/** The most bytes of a body as JSON: a control character takes six bytes there, and 256 KiB are what a job may keep. */
const BODY_JSON_BYTES = 200 * 1024;
/** Set by the transport itself, or meaningless from a job. */
const OWN_HEADERS = new Set(["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"]);
/**
 * The headers that follow a redirect to another origin: those that say how to read the call, and our own. Any other header
 * may hold a secret that is meant for the first origin only.
 */
const SAFE_HEADERS = new Set([
  "accept",
  "accept-language",
  "content-type",
  "content-language",
  "user-agent",
  "idempotency-key",
  "traceparent",
]);
const RETRIED_STATUSES = new Set([408, 425, 429]);
/** Statuses that say nothing against the call: the server only asks to be called later. */
const LATER_STATUSES = new Set([429, 503]);

/** A header's value that RFC 9110, section 5.5, allows and Node sends. */
const HeaderValue = z
  .string()
  .check(z.regex(/^[\t\x20-\x7e\x80-\xff]*$/, "expected Latin-1 without control characters"));
const HttpUrl = z.url({ protocol: /^https?$/, error: "expected an http:// or https:// address" });

/**
 * Calls a URL with the payload as JSON: real work for any backend.
 *
 * Result  { status, body } of a 2xx answer, the body as text, cut at 64 KiB
 * Errors  429 and 503 with `Retry-After`: called again then, without spending an attempt, for 24 h in all
 *         408, 425, 429, 5xx and network: retried, after `Retry-After` if there is one. Other 3xx and 4xx: never retried
 *         They name the status; with `answer_in_errors` also the first 500 characters of the answer
 * Twice?  The job's id is sent as `Idempotency-Key`
 * Trace   `traceparent` is sent if the job has one, unless the payload's headers have their own
 * Leads   At most 5 redirects are followed. Only harmless headers follow to another origin (SAFE_HEADERS)
 * Guard   Private, loopback and link-local addresses are refused after resolution, at every redirect, unless
 *         ALLOW_PRIVATE_ADDRESSES allows them
 */
export const httpRequest = defineTask({
  name: "http_request",
  description: "Call a URL with a JSON body",
  internal: !isOffered("http_request"),
  input: z.strictObject({
    url: HttpUrl.check(z.describe("What to call")),
    method: z._default(z.enum(METHODS), "POST"),
    headers: z.optional(
      z
        .record(z.string().check(z.regex(/^[\w!#$%&'*+.^`|~-]+$/, "expected a header name")), HeaderValue)
        .check(z.describe("Sent along; those of the connection itself are not")),
    ),
    body: z.optional(z.json().check(z.describe("Sent as JSON"))),
    answer_in_errors: z._default(
      z.boolean().check(z.describe("Whether errors quote what the server answered: they go into the log as well")),
      false,
    ),
  }),
  timeoutMs: 30_000,
  async run({ input, job, signal }) {
    const allowPrivate = allowPrivateAddresses();
    let call: TargetCall = {
      url: new URL(input.url),
      method: input.method,
      headers: {
        ...(job.traceparent === undefined ? {} : { traceparent: job.traceparent }),
        ...allowed(input.headers),
        "idempotency-key": job.id,
      },
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
    };
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await send(call, signal, allowPrivate);
      const next = redirected(call, answer);
      if (!next) return resultOf(answer, input.answer_in_errors);
      call = next;
    }
    throw new NonRetriableError(`more than ${MAX_REDIRECTS} redirects`);
  },
});

interface TargetCall {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body?: string;
}

interface TargetAnswer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}

function allowed(headers: Record<string, string> = {}): Record<string, string> {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(lower.filter(([name]) => !OWN_HEADERS.has(name)));
}

/** Sends the call. Checks each address that a name resolves to and connects to just that one, so no second look-up can differ. */
async function send(call: TargetCall, signal: AbortSignal, allowPrivate: boolean): Promise<TargetAnswer> {
  const [http, https, { useAgent }, filter] = await Promise.all([
    import("node:http"),
    import("node:https"),
    import("request-filtering-agent"),
    compatibleFilter(allowPrivate),
  ]);
  if (filter.refuses(call.url.hostname.replace(/^\[|\]$/g, ""))) throw refused(call.url);
  const agent = useAgent(call.url.href, { allowPrivateIPAddress: allowPrivate, allowMetaIPAddress: allowPrivate });
  const body =
    call.body === undefined
      ? {}
      : { "content-type": "application/json", "content-length": String(Buffer.byteLength(call.body)) };
  const { request } = call.url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    const sent: ClientRequest = request(call.url.href, {
      agent,
      signal,
      lookup: filter.lookup,
      method: call.method,
      headers: { "user-agent": "wakeq", ...body, ...call.headers },
    });
    sent.on("error", (error) => reject(/is not allowed/.test(error.message) ? refused(call.url) : error));
    sent.on("response", (response) => {
      read(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        reject,
      );
    });
    sent.end(call.body);
  });
}

/**
 * Makes the filter for IPv4 addresses written as IPv6 ones (RFC 4291, section 2.5.5.1), which the agent takes for public. The
 * agent's own list of refused networks cannot do it: with an IPv6 network it prints a stack trace for each IPv4 address.
 */
async function compatibleFilter(allowPrivate: boolean) {
  const [{ BlockList, isIPv6 }, dns] = await Promise.all([import("node:net"), import("node:dns")]);
  const compatible = new BlockList();
  compatible.addSubnet("::", 96, "ipv6");
  const refuses = (address: string) => !allowPrivate && isIPv6(address) && compatible.check(address, "ipv6");
  const lookup: LookupFunction = (name, options, done) =>
    dns.lookup(name, options, (error, found, family) => {
      const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found];
      const isRefused = error === null && addresses.some(refuses);
      done(isRefused ? new Error("an IPv4-compatible address is not allowed") : error, found, family);
    });
  return { refuses, lookup };
}

function refused(url: URL): NonRetriableError {
  return new NonRetriableError(
    `${url.hostname} is a private, loopback or link-local address; set ALLOW_PRIVATE_ADDRESSES=true to allow them`,
  );
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > BODY_BYTES) break;
  }
  // Decoded as a stream, so that a character cut in half is left out.
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, BODY_BYTES), { stream: bytes > BODY_BYTES });
  return Buffer.byteLength(JSON.stringify(text)) <= BODY_JSON_BYTES ? text : cut(text, BODY_JSON_BYTES / 6);
}

/** Returns the call that a redirect asks for (RFC 9110, section 15.4); undefined if the answer is no redirect. */
function redirected(call: TargetCall, { status, headers }: TargetAnswer): TargetCall | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined) return undefined;
  const url = URL.canParse(headers.location, call.url.href) ? new URL(headers.location, call.url) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new NonRetriableError(`answered with ${status}, a redirect to an address that is not http:// or https://`);
  const sameOrigin = url.origin === call.url.origin;
  const kept = Object.entries(call.headers).filter(([name]) => sameOrigin || SAFE_HEADERS.has(name));
  const next = { ...call, url, headers: Object.fromEntries(kept) };
  if (status !== 303 && !(call.method === "POST" && status < 303)) return next;
  const { body: _, ...withoutBody } = next;
  return { ...withoutBody, method: "GET" };
}

/** Returns the job's result. @throws NonRetriableError, SnoozeError, RetryAfterError or Error if the answer is not a success */
function resultOf({ status, headers, body }: TargetAnswer, quotes: boolean): { status: number; body: string } {
  if (status >= 200 && status < 300) return { status, body };
  const message = `answered with ${status}${quotes ? `: ${cut(body, 500)}` : ""}`;
  if (status < 500 && !RETRIED_STATUSES.has(status)) throw new NonRetriableError(message);
  const waitMs = retryAfterMs(headers["retry-after"]);
  if (waitMs !== undefined && waitMs > 0 && LATER_STATUSES.has(status)) throw new SnoozeError(waitMs, message);
  throw waitMs === undefined ? new Error(message) : new RetryAfterError(waitMs, message);
}

/** Reads `Retry-After`: seconds, or an HTTP date, which begins with the day of the week (RFC 9110, 10.2.3). At most a day. */
function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const instant = /^[a-z]/i.test(value) ? Date.parse(value) : Number.NaN; // Date.parse takes "-5" for a year
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : instant - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), 86_400_000);
}
