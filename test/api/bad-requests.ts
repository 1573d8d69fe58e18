import { gzipSync } from "node:zlib";
import type { ProblemCode } from "../../lib/errors.ts";
import type { Sent } from "../support/request.ts";

type Caller = "admin" | "submit" | "read" | "nobody";
export type Way = "plain" | "base64" | "http";

/** serverless-offline refuses or changes these by itself, AWS does not. */
const NOT_OFFLINE: Way[] = ["plain", "base64"];

/** A request that must be refused. */
export interface Bad extends Sent {
  what: string;
  /** Whose key comes with it. Default admin. */
  as?: Caller;
  /** What the API answers; "gateway": no request that reaches us, so the gateway answers by itself, with 4xx and no problem. */
  code: ProblemCode | "gateway";
  /** Where the faults are. Default none. */
  pointers?: string[];
  /** Absent: every way in. */
  ways?: Way[];
}

const UUID = "3f2b8c1e-0d4a-4b6f-9c1d-7e5a2f8b9c0d";
const json = { "content-type": "application/json" };
const MAIL = { task: "note" };

type More = Partial<Pick<Bad, "as" | "pointers" | "ways" | "headers" | "base64">>;
const get = (what: string, path: string, code: Bad["code"], more: More = {}): Bad => ({
  what,
  method: "GET",
  path,
  code,
  ...more,
});
const raw = (what: string, body: string | Buffer, code: Bad["code"], more: More = {}): Bad => ({
  what,
  method: "POST",
  path: "/submit-job",
  body,
  code,
  headers: json,
  ...more,
});
const submit = (what: string, body: unknown, code: Bad["code"], ...pointers: string[]): Bad =>
  raw(what, JSON.stringify(body), code, { pointers });
const batch = (what: string, body: unknown, code: Bad["code"], ...pointers: string[]): Bad => ({
  ...submit(what, body, code, ...pointers),
  path: "/submit-jobs",
});
const act = (what: string, path: string, code: Bad["code"], more: More & { body?: string } = {}): Bad => ({
  what,
  method: "POST",
  path,
  code,
  ...more,
});
const forged = (...cursor: unknown[]) => Buffer.from(JSON.stringify(cursor)).toString("base64url");

const NO_ROUTE: Bad[] = [
  get("GET where a body is sent", "/submit-job", "method_not_allowed"),
  {
    what: "PUT",
    method: "PUT",
    path: "/submit-job",
    body: JSON.stringify(MAIL),
    headers: json,
    code: "method_not_allowed",
  },
  { what: "DELETE of all jobs", method: "DELETE", path: "/jobs", code: "method_not_allowed" },
  { what: "PATCH of a job", method: "PATCH", path: `/job-status/${UUID}`, code: "method_not_allowed" },
  act("a status asked by POST", `/job-status/${UUID}`, "method_not_allowed"),
  get("a path that is none", "/admin", "route_not_found"),
  get("a job's status without a job", "/job-status/", "route_not_found"),
  get("something below a job", `/job-status/${UUID}/token`, "route_not_found"),
  get("a path with another case", `/Job-Status/${UUID}`, "route_not_found"),
  get("bad percent-encoding", "/job-status/%ff%zz", "gateway", { ways: ["http"] }),
  get("headers beyond any measure", "/health", "gateway", {
    ways: ["http"],
    headers: { "x-long": "x".repeat(20_000) },
  }),
];

const PATHS: Bad[] = [
  ...[
    ["words", "nonsense"],
    ["a key of Redis", "job_queue"],
    ["a pattern", "*"],
    ["a way out of the folder", "..%2f..%2fhealth"],
    ["a slash that is encoded", `${UUID}%2ftoken`],
    ["a dot behind", `${UUID}.`],
    ["a space behind", `${UUID}%20`],
    ["a space before", `%20${UUID}`],
    ["a line break", `${UUID}%0d%0aset-cookie:a=b`],
    ["NUL", `${UUID}%00`],
    ["the key of a payload", `${UUID}:payload`],
    ["braces", `%7B${UUID}%7D`],
    ["no dashes", UUID.replaceAll("-", "")],
    ["a digit too many", `${UUID}0`],
    ["a letter that is none of a UUID", UUID.replace("f", "g")],
    ["digits of another script", `３${UUID.slice(1)}`],
    ["an emoji", "😀"],
    ["a name of every object", "__proto__"],
    ["another such name", "constructor"],
    ["five thousand characters", "a".repeat(5_000)],
  ].map(([what, id]) => get(`an id: ${what}`, `/job-status/${encodedOnce(id!)}`, "invalid_job_id")),
  act("cancel: an id that is none", "/cancel-job/1", "invalid_job_id"),
  act("retry: an id that is none", "/retry-job/1", "invalid_job_id"),
  get("an unknown job", `/job-status/${UUID}`, "job_not_found"),
  get("an unknown job in capitals", `/job-status/${UUID.toUpperCase()}`, "job_not_found"),
  get("an unknown job to wait for", `/job-status/${UUID}?wait=25`, "job_not_found"),
  get("an unknown job, unless it has changed", `/job-status/${UUID}`, "job_not_found", {
    headers: { "if-none-match": "*" },
  }),
  act("cancel: an unknown job", `/cancel-job/${UUID}`, "job_not_found"),
  act("retry: an unknown job", `/retry-job/${UUID}`, "job_not_found"),
  act("cancel: an unknown job, with a body that nobody reads", `/cancel-job/${UUID}`, "job_not_found", { body: "{" }),
];

function encodedOnce(id: string): string {
  return /%[0-9a-f]{2}/i.test(id) ? id : encodeURIComponent(id);
}

const QUERIES: Bad[] = [
  ...["-1", "26", "1e9", "1e400", "1.5", "abc", "NaN", "", "%20", "1&wait=2", "10%00"].map((wait) =>
    get(`wait=${wait}`, `/job-status/${UUID}?wait=${wait}`, "invalid_query", { pointers: ["/wait"] }),
  ),
  get("an unknown parameter of a status", `/job-status/${UUID}?token=1`, "invalid_query", { pointers: ["/token"] }),
  get("a parameter named __proto__", "/jobs?__proto__=1", "invalid_query", {
    pointers: ["/__proto__"],
    ways: ["plain"],
  }),
  get("a parameter named constructor", "/jobs?constructor=1", "invalid_query", { pointers: ["/constructor"] }),
  ...["0", "-1", "101", "1.5", "", "many", "1e99&limit=1", "1&limit=2"].map((limit) =>
    get(`limit=${limit}`, `/jobs?limit=${limit}`, "invalid_query", { pointers: ["/limit"] }),
  ),
  ...["nope", "Completed", "", "pending&status=failed", "pending%00"].map((status) =>
    get(`status=${status}`, `/jobs?status=${status}`, "invalid_query", { pointers: ["/status"] }),
  ),
  ...[
    ["nonsense", "abc"],
    ["empty", ""],
    ["no list", Buffer.from('{"place":1}').toString("base64url")],
    ["null", Buffer.from("null").toString("base64url")],
    ["a place that is none", forged("", "", 99, [], [])],
    ["a place before the first", forged("", "", -1, [], [])],
    ["half a place", forged("", "", 0.5, [], [])],
    ["of another status", forged("failed", "", 0, [], [])],
    ["of another task", forged("", "note", 0, [], [])],
    ["marks that are none", forged("", "", 1, [["a"]], [])],
    ["marks of numbers", forged("", "", 1, [[1, 2]], [])],
    ["marks without end", forged("", "", 1, Array(50).fill(["a", 1]), [])],
    ["five thousand characters", "a".repeat(5_000)],
  ].map(([what, cursor]) =>
    get(`a cursor: ${what}`, `/jobs?cursor=${cursor}`, "invalid_query", { pointers: ["/cursor"] }),
  ),
];

const NOT_JSON: Bad[] = [
  raw("no body", "", "malformed_json"),
  raw("white space", " \n\t ", "malformed_json"),
  raw("half an object", '{"task":"note"', "malformed_json"),
  raw("a comma too many", '{"task":"note",}', "malformed_json"),
  raw("two values", '{"task":"note"}{}', "malformed_json"),
  raw("single quotes", "{'task':'note'}", "malformed_json"),
  raw("a comment", '{"task":"note"/* please */}', "malformed_json"),
  raw("NaN", '{"task":"note","max_retries":NaN}', "malformed_json"),
  raw("a number with a plus", '{"task":"note","max_retries":+1}', "malformed_json"),
  raw("a hexadecimal number", '{"task":"note","max_retries":0x1}', "malformed_json"),
  raw("a form", "task=note", "malformed_json", {
    headers: { "content-type": "application/x-www-form-urlencoded" },
  }),
  raw("NUL before it", `\u0000${JSON.stringify(MAIL)}`, "malformed_json"),
  raw("NUL within a string", '{"task":"send\u0000email"}', "malformed_json"),
  raw("a line break within a string", '{"task":"send\nemail"}', "malformed_json"),
  raw("two byte order marks", `\ufeff\ufeff${JSON.stringify(MAIL)}`, "malformed_json"),
  raw("nested too deep", `{"task":"note","payload":${"[".repeat(100)}${"]".repeat(100)}}`, "malformed_json"),
  raw("nested without end", "[".repeat(100_000), "malformed_json"),
  // As text these bytes would come as U+FFFD, before we see them.
  raw("broken UTF-8", Buffer.from('{"task":"send\xff"}', "latin1"), "malformed_json", { ways: ["base64"] }),
  raw("a surrogate as bytes", Buffer.from('{"task":"\xed\xa0\x80"}', "latin1"), "malformed_json", { ways: ["base64"] }),
  raw("an overlong NUL", Buffer.from('{"task":"\xc0\x80"}', "latin1"), "malformed_json", { ways: ["base64"] }),
  raw("UTF-16", Buffer.from(JSON.stringify(MAIL), "utf16le"), "malformed_json"),
];

const TYPES: Bad[] = [
  ...[
    "text/html",
    "application/xml",
    "application/octet-stream",
    "multipart/form-data; boundary=x",
    "image/png",
    "application/jsonp",
    "application/json; charset=utf-16",
    "application/json;charset=latin1",
  ].map((type) =>
    raw(`Content-Type: ${type}`, JSON.stringify(MAIL), "unsupported_media_type", { headers: { "content-type": type } }),
  ),
  ...["application/json, application/json", "json"].map((type) =>
    raw(`Content-Type: ${type}`, JSON.stringify(MAIL), "unsupported_media_type", {
      headers: { "content-type": type },
      ways: NOT_OFFLINE,
    }),
  ),
  raw("gzip", gzipSync(JSON.stringify(MAIL)), "unsupported_media_type", {
    headers: { ...json, "content-encoding": "gzip" },
  }),
  raw("brotli, it says", JSON.stringify(MAIL), "unsupported_media_type", {
    headers: { ...json, "content-encoding": "br" },
  }),
];

/** So long after a year from now, written with that offset. */
function inAYear(ms: number, offset: "Z" | "-08:00" = "Z"): string {
  const wall = Date.now() + 365 * 86_400_000 + ms - (offset === "Z" ? 0 : 8 * 3_600_000);
  return new Date(wall).toISOString().replace("Z", offset);
}

const VALUES: Bad[] = [
  ...[[], 3, true].map((body) => submit(`a body that is ${JSON.stringify(body)}`, body, "invalid_request", "")),
  ...[null, "note"].map((body) => ({
    ...submit(`a body that is ${JSON.stringify(body)}`, body, "invalid_request", ""),
    ways: NOT_OFFLINE,
  })),
  submit("nothing in it", {}, "invalid_request", "/task"),
  ...[null, 1, ["note"], { name: "note" }].map((task) =>
    submit(`a task that is ${JSON.stringify(task)}`, { task }, "invalid_request", "/task"),
  ),
  ...[
    "",
    "nope",
    "Send_Email",
    "note ",
    "__proto__",
    "constructor",
    "toString",
    "a\u0000b",
    "\ud800",
    "x".repeat(9_999),
  ].map((task) => submit(`an unknown task: ${JSON.stringify(task).slice(0, 30)}`, { task }, "unknown_task", "/task")),
  submit("unknown fields", { ...MAIL, retries: 1, "a/b~c": 2 }, "invalid_request", "/retries", "/a~1b~0c"),
  submit("a field named constructor", { ...MAIL, constructor: {} }, "invalid_request", "/constructor"),
  submit("a field named prototype", { ...MAIL, prototype: {} }, "invalid_request", "/prototype"),
  raw("a field named __proto__", '{"task":"note","__proto__":{"task":"x"}}', "invalid_request", {
    pointers: ["/__proto__"],
  }),
  raw(
    "__proto__ in the payload",
    '{"task":"call","payload":{"url":"http://a.b","body":[{"__proto__":1}]}}',
    "invalid_request",
    {
      pointers: ["/payload/body/0/__proto__"],
    },
  ),
  raw("a task by __proto__", '{"__proto__":{"task":"note"}}', "invalid_request", { pointers: ["/__proto__"] }),
  raw("the same field twice, the last one wrong", '{"task":"note","task":"nope"}', "unknown_task", {
    pointers: ["/task"],
  }),
  ...[null, "text", 5, [], true].map((payload) =>
    submit(`a payload that is ${JSON.stringify(payload)}`, { ...MAIL, payload }, "invalid_request", "/payload"),
  ),
  submit(
    "a payload that does not fit",
    { ...MAIL, payload: { to: "nobody", cc: "x" } },
    "invalid_request",
    "/payload/to",
    "/payload/cc",
  ),
  submit(
    "names of every object in a payload",
    { ...MAIL, payload: { constructor: 1 } },
    "invalid_request",
    "/payload/constructor",
  ),
  raw(
    "a number beyond the range",
    '{"task":"call","payload":{"url":"http://a.b","body":{"a":[1,-1e400]}}}',
    "invalid_request",
    {
      pointers: ["/payload/body/a/1"],
    },
  ),
  raw("an integer that would change", '{"task":"call","payload":{"id":9007199254740993}}', "invalid_request", {
    pointers: ["/payload/id"],
  }),
  raw(
    "numbers that would change, at any depth",
    '{"task":"note","payload":{"a/b":[1,{"\\u0069d":-12345678901234567890}],"tiny":1e-400,"ok":9007199254740992}}',
    "invalid_request",
    { pointers: ["/payload/a~1b/1/id", "/payload/tiny"] },
  ),
  raw("a delay that would become 0", '{"task":"note","delay_seconds":1e-400}', "invalid_request", {
    pointers: ["/delay_seconds"],
  }),
  raw("retries beyond the range", '{"task":"note","max_retries":1e400}', "invalid_request", {
    pointers: ["/max_retries"],
  }),
  raw("retries: 2^63", '{"task":"note","max_retries":9223372036854775808}', "invalid_request", {
    pointers: ["/max_retries"],
  }),
  ...[-1, 1.5, 101, "3", null, [], 1e-9].map((max_retries) =>
    submit(`max_retries: ${JSON.stringify(max_retries)}`, { ...MAIL, max_retries }, "invalid_request", "/max_retries"),
  ),
  ...["urgent", "HIGH", "", 1, null].map((priority) =>
    submit(`priority: ${JSON.stringify(priority)}`, { ...MAIL, priority }, "invalid_request", "/priority"),
  ),
  ...[-1, -1e-9, 31_536_001, 1e300, "10", null].map((delay_seconds) =>
    submit(
      `delay_seconds: ${JSON.stringify(delay_seconds)}`,
      { ...MAIL, delay_seconds },
      "invalid_request",
      "/delay_seconds",
    ),
  ),
  ...[
    ...["", "tomorrow", "2030-01-31", "2030-01-31T12:00:00", "2030-01-31 12:00:00Z", "2030-02-30T12:00:00Z"],
    ...["2030-01-31T24:00:00Z", "2030-01-31T12:00:60Z", "+012030-01-31T12:00:00Z", "2030-01-31T12:00:00+25:00"],
    ...["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", inAYear(60_000), inAYear(60_000, "-08:00")],
    ...["Fri, 31 Jan 2030 12:00:00 GMT", 1_896_091_200_000, "1896091200000", null, "2030-01-31T12:00:00Z\n"],
  ].map((run_at) => submit(`run_at: ${JSON.stringify(run_at)}`, { ...MAIL, run_at }, "invalid_request", "/run_at")),
  submit(
    "both run_at and delay_seconds",
    { ...MAIL, run_at: "2020-01-31T12:00:00Z", delay_seconds: 1 },
    "invalid_request",
    "/run_at",
  ),
  submit(
    "several faults at once",
    { task: 1, priority: 1, max_retries: -1 },
    "invalid_request",
    "/task",
    "/priority",
    "/max_retries",
  ),
];

const BATCHES: Bad[] = [
  batch("a batch of nothing", {}, "invalid_request", "/jobs"),
  batch("an empty batch", { jobs: [] }, "invalid_request", "/jobs"),
  batch("101 jobs", { jobs: Array(101).fill(MAIL) }, "invalid_request", "/jobs"),
  batch("jobs by name", { jobs: { a: MAIL } }, "invalid_request", "/jobs"),
  batch("a batch without its envelope", [MAIL], "invalid_request", ""),
  batch("more than jobs", { jobs: [MAIL], task: "note" }, "invalid_request", "/task"),
  batch("a job that is none", { jobs: [MAIL, null] }, "invalid_request", "/jobs/1"),
  batch("a job with an unknown field", { jobs: [{ ...MAIL, x: 1 }] }, "invalid_request", "/jobs/0/x"),
  {
    ...raw(
      "a number that would change in the fourth job",
      `{"jobs":[${`${JSON.stringify(MAIL)},`.repeat(3)}{"task":"note","payload":{"id":9007199254740993}}]}`,
      "invalid_request",
      { pointers: ["/jobs/3/payload/id"] },
    ),
    path: "/submit-jobs",
  },
  batch("one unknown task among good ones", { jobs: [MAIL, { task: "nope" }, MAIL] }, "unknown_task", "/jobs/1/task"),
  batch(
    "two unknown tasks",
    { jobs: [{ task: "a" }, MAIL, { task: "b" }] },
    "unknown_task",
    "/jobs/0/task",
    "/jobs/2/task",
  ),
  batch(
    "faults of two kinds",
    { jobs: [{ ...MAIL, payload: { to: "x" } }, MAIL, { task: "b" }] },
    "invalid_request",
    ...["/jobs/0/payload/to", "/jobs/2/task"],
  ),
];

const SIZES: Bad[] = [
  submit(
    "a payload of 256 KiB and a byte",
    { ...MAIL, payload: { text: "x".repeat(256 * 1024 + 1 - 11) } },
    "payload_too_large",
    "/payload",
  ),
  batch(
    "such a payload in a batch",
    { jobs: [MAIL, { ...MAIL, payload: { text: "漢".repeat(90_000) } }] },
    "payload_too_large",
    "/jobs/1/payload",
  ),
  raw("a body of 1 MiB and a byte", " ".repeat(1024 * 1024 + 1), "payload_too_large"),
  { ...raw("a batch of 4 MiB and a byte", " ".repeat(4 * 1024 * 1024 + 1), "payload_too_large"), path: "/submit-jobs" },
  submit("a name that nobody wants to read again", { ...MAIL, ["x".repeat(500_000)]: 1 }, "invalid_request", ""),
  submit(
    "fifty thousand unknown fields",
    { ...MAIL, ...Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`x${i}`, 0])) },
    "invalid_request",
    ...Array.from({ length: 100 }, (_, i) => `/x${i}`),
  ),
];

const bearer = (key: string) => ({ ...json, authorization: key });
const CALLERS: Bad[] = [
  ...[
    "Basic YTpi",
    "Bearer",
    "Bearer ",
    "Bearer wq_unknown",
    "wq_unknown",
    `Bearer ${"x".repeat(5_000)}`,
    "Bearer a b",
    "Bearer é",
  ].map((key) =>
    raw(`Authorization: ${key.slice(0, 20)}`, JSON.stringify(MAIL), "unauthorized", {
      as: "nobody",
      headers: bearer(key),
    }),
  ),
  raw("no key", JSON.stringify(MAIL), "unauthorized", { as: "nobody" }),
  raw("no key, and a body that is none", "{", "unauthorized", { as: "nobody" }),
  raw("no key, and a type that is none", "{", "unauthorized", {
    as: "nobody",
    headers: { "content-type": "text/html" },
  }),
  get("no key, and an id that is none", "/job-status/1", "unauthorized", { as: "nobody" }),
  get("no key, and a query that is none", "/jobs?limit=0", "unauthorized", { as: "nobody" }),
  raw("a reader who submits", JSON.stringify(MAIL), "forbidden", { as: "read" }),
  raw("a reader who submits nonsense", "{", "forbidden", { as: "read" }),
  { ...batch("a reader who submits many", { jobs: [MAIL] }, "forbidden"), as: "read" },
  get("a submitter who reads a job", `/job-status/${UUID}`, "forbidden", { as: "submit" }),
  get("a submitter who lists", "/jobs", "forbidden", { as: "submit" }),
  get("a submitter who counts", "/queue-stats", "forbidden", { as: "submit" }),
  act("a submitter who cancels", `/cancel-job/${UUID}`, "forbidden", { as: "submit" }),
  act("a reader who cancels", `/cancel-job/${UUID}`, "forbidden", { as: "read" }),
  act("a reader who retries", `/retry-job/${UUID}`, "forbidden", { as: "read" }),
];

const HEADERS: Bad[] = [
  ...["", '""', "x".repeat(256), "x".repeat(8_000), "é", "a\tb"].map((key) =>
    raw(
      `Idempotency-Key: ${JSON.stringify(key).slice(0, 20)} of ${key.length}`,
      JSON.stringify(MAIL),
      "invalid_idempotency_key",
      {
        headers: { ...json, "idempotency-key": key },
      },
    ),
  ),
  ...["wait=-1", "wait=1e9", "wait=999999999999999", "=", ";;,,", "respond-async"].map((prefer) =>
    raw(`Prefer: ${prefer}, and a task that is none`, '{"task":"nope"}', "unknown_task", {
      headers: { ...json, prefer },
      pointers: ["/task"],
    }),
  ),
  raw("a traceparent that is none, and a task that is none", '{"task":"nope"}', "unknown_task", {
    headers: { ...json, traceparent: "00-zz" },
    pointers: ["/task"],
  }),
  raw("a body in pieces", "{", "malformed_json", {
    headers: { ...json, "transfer-encoding": "chunked" },
    ways: ["http"],
  }),
  raw("a body that waits to be wanted", "{", "malformed_json", {
    headers: { ...json, expect: "100-continue" },
    ways: ["http"],
  }),
];

export const BAD_REQUESTS: Bad[] = [
  ...[...NO_ROUTE, ...PATHS, ...QUERIES, ...NOT_JSON, ...TYPES, ...VALUES],
  ...[...BATCHES, ...SIZES, ...CALLERS, ...HEADERS],
];
