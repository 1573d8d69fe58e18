import fc from "fast-check";
import { command } from "../../packages/redis-rest-local/test/embedded/grammar.ts";
import { anyJson, anySubmission, anyText } from "../support/any-json.ts";
import type { Request } from "./send.ts";

/** Stands for the id of an accepted job in a path. */
export const KNOWN_ID = "KNOWN-ID";

const UUID = "3f2b8c1e-0d4a-4b6f-9c1d-7e5a2f8b9c0d";
const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];
const TYPES = [
  "application/json",
  "application/json; charset=utf-8",
  "text/plain",
  "application/octet-stream",
  "",
  "/",
];

const bytes = (text: string) => Buffer.from(text);
const json = (value: unknown) => bytes(JSON.stringify(value) ?? "");
/** Text without lone surrogates, which no encoding accepts. */
const whole = (text: string) => Buffer.from(text).toString();
const encoded = anyText.map((text) => encodeURIComponent(whole(text)));
/** Any text, with percent signs, slashes, spaces and all. */
const written = fc.oneof(
  encoded,
  anyText,
  fc.constantFrom("%zz", "%ff", "%", "a%2fb", "%00", "..", "%2e%2e", "?", "#"),
);

const noise: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  fc
    .array(fc.constantFrom("{", "}", "[", "]", '"', ":", ",", "\\u", "task", "\ufeff", "1e999", "-"))
    .map((parts) => bytes(parts.join(""))),
  fc.nat(3_000_000).map((length) => Buffer.alloc(length % 50 === 0 ? length : length % 5_000, "x")),
);
/**
 * Always removes a byte: a whole request with bytes behind it would be accepted, and only those bytes refused.
 */
const damage: fc.Arbitrary<(given: Buffer) => Buffer> = fc
  .record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.integer({ min: 1, max: 8 }),
    put: fc.uint8Array({ maxLength: 8 }),
  })
  .map(({ at, cut, put }) => (given) => {
    const from = Math.floor(at * (given.length - 1));
    return Buffer.concat([given.subarray(0, from), put, given.subarray(from + cut)]);
  });

const oddHeaders = fc.dictionary(
  fc.constantFrom(
    ...["accept", "accept-encoding", "content-encoding", "content-type", "idempotency-key", "if-none-match", "origin"],
    ...[
      "traceparent",
      "x-forwarded-for",
      "x-http-method-override",
      "range",
      "cookie",
      "authorization",
      "sec-fetch-site",
    ],
    ...["upstash-encoding", "upstash-response-format", "upstash-sync-token"],
  ),
  fc.oneof(anyText, fc.constantFrom("gzip", "base64", "resp2", "*", "null", "Bearer x", "https://example.com")),
  { maxKeys: 3, noNullPrototype: false },
);

/** Some requests with odd headers, and some whose bytes are damaged on the way. */
function disturbed(request: fc.Arbitrary<Request>): fc.Arbitrary<Request> {
  const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, arbitrary);
  return fc
    .record({ request, odd: rarely(oddHeaders), damaged: rarely(damage) })
    .map(({ request: { headers, ...rest }, odd, damaged }) => ({
      ...rest,
      headers: { ...headers, ...odd },
      ...(damaged ? { damage: damaged } : {}),
    }));
}

/** Due long after the test: a job that runs during it would write beside the requests. */
const submission = anySubmission.map(({ delay_seconds: delay, ...rest }) => {
  if (delay === undefined) return rest;
  return { ...rest, delay_seconds: typeof delay === "number" && delay > 0 && delay < 3_600 ? delay + 3_600 : delay };
});
const id = fc.oneof(fc.constantFrom(KNOWN_ID, UUID, `${UUID}:payload`, "job_queue"), written);
const query = fc.oneof(
  fc.constantFrom("", "?wait=0", "?wait=-1", "?limit=2", "?status=failed", "?status=nope&limit=0", "?cursor=abc"),
  fc.tuple(written, written).map(([name, value]) => `?${name}=${value}`),
);
const target = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom("/job-status/", "/cancel-job/", "/retry-job/", "/run-job/", "/jobs/"), id, query)
      .map((parts) => parts.join("")),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom("/jobs", "/queue-stats", "/health", "/openapi.json", "/"), query)
      .map((parts) => parts.join("")),
  },
  { weight: 1, arbitrary: fc.tuple(written, query).map(([path, more]) => `/${path}${more}`) },
);

/** Requests to the HTTP API, with a key that may do everything. */
export function apiRequests(authorization: string): fc.Arbitrary<Request> {
  const headers = { authorization, "content-type": "application/json" };
  const read = target.map((to) => ({ method: "GET", target: to, headers: { authorization }, body: bytes("") }));
  const odd = fc.record({ method: fc.constantFrom(...METHODS), target, body: noise, type: fc.constantFrom(...TYPES) });
  const act = target.map((to) => ({ method: "POST", target: to, headers, body: bytes("") }));
  const later = fc
    .record({ subject: anyText, delay_seconds: fc.integer({ min: 3_600, max: 30_000_000 }) })
    .map(({ subject, delay_seconds }) => ({
      method: "POST",
      target: "/submit-job",
      headers,
      body: json({ task: "note", payload: { subject }, delay_seconds }),
    }));
  const batch = fc.array(fc.oneof(submission, anyJson), { maxLength: 4 }).map((jobs) => ({ jobs }));
  const submit = fc
    .oneof(anySubmission.map(json), batch.map(json), anyJson.map(json), noise)
    .chain((body) =>
      fc.constantFrom("/submit-job", "/submit-jobs").map((to) => ({ method: "POST", target: to, headers, body })),
    );
  return disturbed(
    fc.oneof(
      { weight: 2, arbitrary: later },
      { weight: 3, arbitrary: submit },
      { weight: 2, arbitrary: read },
      { weight: 2, arbitrary: act },
      odd.map(({ type, ...rest }) => ({ ...rest, headers: { authorization, "content-type": type } })),
    ),
  );
}

/** Requests to Lambda's Invoke API, for these functions. */
export function invokeRequests(functions: readonly string[]): fc.Arbitrary<Request> {
  const event = fc.oneof(
    anyJson.map(json),
    noise.filter((body) => body.length < 100_000),
    fc
      .record({
        version: fc.constant("2.0"),
        routeKey: fc.oneof(anyText, fc.constantFrom("POST /submit-job", "POST /submit-jobs")),
        rawPath: fc.oneof(
          anyText,
          target.map((each) => each.split("?", 1)[0]),
        ),
        requestContext: fc.oneof(
          anyJson,
          fc.constantFrom(...METHODS).map((method) => ({ http: { method } })),
        ),
        headers: anyJson,
        pathParameters: anyJson,
        body: anyJson,
      })
      .map(json),
    fc.record({ source: anyJson, depth: anyJson }).map(json),
  );
  const name = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...functions) }, written);
  const type = fc.constantFrom("RequestResponse", "RequestResponse", "Event", "DryRun", "", "nope");
  return disturbed(
    fc.record({ event, name, type, method: fc.constantFrom("POST", "POST", "POST", ...METHODS) }).map((sent) => ({
      method: sent.method,
      target: `/2015-03-31/functions/${sent.name}/invocations`,
      headers: { "x-amz-invocation-type": sent.type, "content-type": "application/json" },
      body: sent.event,
    })),
  );
}

/** Requests to a worker that listens for wake-ups. */
export const wakeRequests: fc.Arbitrary<Request> = disturbed(
  fc
    .record({
      method: fc.constantFrom("POST", "POST", "GET", ...METHODS),
      target: fc.oneof(
        fc.constantFrom(
          "/health",
          "/",
          "/2015-03-31/functions/worker/invocations",
          "/2015-03-31/functions/worker/invocations",
        ),
        written.map((path) => `/${path}`),
      ),
      body: fc.oneof(anyJson.map(json), noise),
    })
    .map((sent) => ({ ...sent, headers: {} })),
);

/** Scripts that end, or fail before they write. */
const scripts = fc
  .tuple(
    fc.constantFrom(
      ...["return 1", "return redis.call('SET', KEYS[1], ARGV[1])", "return {1, {2, ARGV}}", "return KEYS", "return x"],
      ...[
        "error('no')",
        "return redis.call('NOPE')",
        "syntax error",
        "#!lua flags=no-writes\nreturn redis.call('INCR', 'k')",
      ],
      ...["#!lua flags=allow-key-locking\nreturn redis.call('GET', 'undeclared')", "#!js\n", ""],
    ),
    fc.constantFrom("0", "1", "-1", "9", "x"),
    fc.array(anyText, { maxLength: 3 }),
  )
  .map(([text, keys, args]) => ["EVAL", text, keys, ...args]);
const OTHERS = [
  "MULTI",
  "WATCH",
  "SHUTDOWN",
  "DEBUG",
  "ACL",
  "CONFIG",
  "SCRIPT",
  "FUNCTION",
  "OBJECT",
  "XADD",
  "SELECT",
  "SCAN",
  "COPY",
  "WAIT",
];
const words = fc.oneof(
  { weight: 6, arbitrary: command.map((list) => list.map(String)) },
  { weight: 1, arbitrary: scripts },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...OTHERS), fc.array(anyText, { maxLength: 3 }))
      .map(([name, rest]) => [name, ...rest]),
  },
);

/** Requests to the REST gateway, except streams, which do not end. */
export function commandRequests(authorization: string): fc.Arbitrary<Request> {
  const headers = { authorization };
  const post = (to: string, body: Buffer): Request => ({ method: "POST", target: to, headers, body });
  const path = (list: unknown[]) => `/${list.map((word) => encodeURIComponent(whole(String(word)))).join("/")}`;
  const batch = fc.array(fc.oneof({ weight: 8, arbitrary: words }, anyJson), { maxLength: 5 }).map(json);
  return disturbed(
    fc.oneof(
      { weight: 5, arbitrary: words.map((list) => post("/", json(list))) },
      { weight: 2, arbitrary: words.map((list) => ({ method: "GET", target: path(list), headers, body: bytes("") })) },
      {
        weight: 2,
        arbitrary: fc
          .tuple(fc.constantFrom("get", "set", "echo"), fc.array(written, { minLength: 1, maxLength: 3 }))
          .map(([name, rest]) => ({
            method: "GET",
            target: `/${[name, ...rest].join("/")}`,
            headers,
            body: bytes(""),
          })),
      },
      { weight: 2, arbitrary: batch.map((body) => post("/pipeline", body)) },
      { weight: 2, arbitrary: batch.map((body) => post("/multi-exec", body)) },
      fc.oneof(anyJson.map(json), noise).map((body) => post("/", body)),
      fc
        .record({ method: fc.constantFrom(...METHODS), to: fc.array(written, { maxLength: 3 }), body: noise })
        .filter(({ to }) => !/^(p?subscribe|monitor)/i.test(to[0] ?? ""))
        .map(({ method, to, body }) => ({ method, target: `/${to.join("/")}`, headers, body })),
    ),
  );
}
