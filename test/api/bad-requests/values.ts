import { type Bad, MAIL, NOT_OFFLINE, raw, submit } from "./request.ts";

/** The time `ms` after a year from now, written with this offset. */
function inAYear(ms: number, offset: "Z" | "-08:00" = "Z"): string {
  const wall = Date.now() + 365 * 86_400_000 + ms - (offset === "Z" ? 0 : 8 * 3_600_000);
  return new Date(wall).toISOString().replace("Z", offset);
}
export const VALUES: Bad[] = [
  ...[[], 3, true].map((body) => submit(`a body that is ${JSON.stringify(body)}`, body, "invalid_request", "")),
  ...[null, "note"].map((body) => ({
    ...submit(`a body that is ${JSON.stringify(body)}`, body, "invalid_request", ""),
    ways: NOT_OFFLINE,
  })),
  submit("an empty object", {}, "invalid_request", "/task"),
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
    "a payload with a field named constructor",
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
  ...[0, -1, 31_536_001, 1e300, "10", null].map((expires_seconds) =>
    submit(
      `expires_seconds: ${JSON.stringify(expires_seconds)}`,
      { ...MAIL, expires_seconds },
      "invalid_request",
      "/expires_seconds",
    ),
  ),
  submit(
    "an expiry before the delay is over",
    { ...MAIL, delay_seconds: 60, expires_seconds: 60 },
    "invalid_request",
    "/expires_seconds",
  ),
  ...[
    ...["", "tomorrow", "2030-01-31", "2030-01-31T12:00:00", "2030-01-31 12:00:00Z", "2030-02-30T12:00:00Z"],
    ...["2030-01-31T24:00:00Z", "2030-01-31T12:00:60Z", "+012030-01-31T12:00:00Z", "2030-01-31T12:00:00+25:00"],
    ...["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", inAYear(600_000), inAYear(600_000, "-08:00")],
    ...["Fri, 31 Jan 2030 12:00:00 GMT", 1_896_091_200_000, "1896091200000", null, "2030-01-31T12:00:00Z\n"],
  ].map((run_at) => submit(`run_at: ${JSON.stringify(run_at)}`, { ...MAIL, run_at }, "invalid_request", "/run_at")),
  submit(
    "both run_at and delay_seconds",
    { ...MAIL, run_at: "2020-01-31T12:00:00Z", delay_seconds: 1 },
    "invalid_request",
    "/run_at",
  ),
  submit(
    "several faults",
    { task: 1, priority: 1, max_retries: -1 },
    "invalid_request",
    "/task",
    "/priority",
    "/max_retries",
  ),
];
