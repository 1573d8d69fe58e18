import { act, type Bad, batch, get, json, MAIL, raw, UUID } from "./request.ts";

const bearer = (key: string) => ({ ...json, authorization: key });
export const CALLERS: Bad[] = [
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
export const HEADERS: Bad[] = [
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
