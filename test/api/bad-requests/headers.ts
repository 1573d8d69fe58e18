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
  raw("an invalid body without a key", "{", "unauthorized", { as: "nobody" }),
  raw("an invalid Content-Type without a key", "{", "unauthorized", {
    as: "nobody",
    headers: { "content-type": "text/html" },
  }),
  get("an invalid id without a key", "/job-status/1", "unauthorized", { as: "nobody" }),
  get("an invalid query without a key", "/jobs?limit=0", "unauthorized", { as: "nobody" }),
  raw("a submit with a key for reading", JSON.stringify(MAIL), "forbidden", { as: "read" }),
  raw("a malformed submit with a key for reading", "{", "forbidden", { as: "read" }),
  { ...batch("a batch with a key for reading", { jobs: [MAIL] }, "forbidden"), as: "read" },
  get("a status with a key for submitting", `/job-status/${UUID}`, "forbidden", { as: "submit" }),
  get("a list with a key for submitting", "/jobs", "forbidden", { as: "submit" }),
  get("statistics with a key for submitting", "/queue-stats", "forbidden", { as: "submit" }),
  act("a cancel with a key for submitting", `/cancel-job/${UUID}`, "forbidden", { as: "submit" }),
  act("a cancel with a key for reading", `/cancel-job/${UUID}`, "forbidden", { as: "read" }),
  act("a retry with a key for reading", `/retry-job/${UUID}`, "forbidden", { as: "read" }),
  act("a wish to run now with a key for reading", `/run-job/${UUID}`, "forbidden", { as: "read" }),
  act("a delete with a key for reading", `/jobs/${UUID}`, "forbidden", { as: "read", method: "DELETE" }),
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
    raw(`an unknown task with Prefer: ${prefer}`, '{"task":"nope"}', "unknown_task", {
      headers: { ...json, prefer },
      pointers: ["/task"],
    }),
  ),
  raw("an unknown task with an invalid traceparent", '{"task":"nope"}', "unknown_task", {
    headers: { ...json, traceparent: "00-zz" },
    pointers: ["/task"],
  }),
  raw("a body in pieces", "{", "malformed_json", {
    headers: { ...json, "transfer-encoding": "chunked" },
    ways: ["http"],
  }),
  raw("a body that waits for 100 Continue", "{", "malformed_json", {
    headers: { ...json, expect: "100-continue" },
    ways: ["http"],
  }),
];
