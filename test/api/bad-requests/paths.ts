import { act, type Bad, get, json, MAIL, UUID } from "./request.ts";

export const NO_ROUTE: Bad[] = [
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
  act("a POST for a status", `/job-status/${UUID}`, "method_not_allowed"),
  get("an unknown path", "/admin", "route_not_found"),
  get("a job's status without a job", "/job-status/", "route_not_found"),
  get("a path below a job", `/job-status/${UUID}/token`, "route_not_found"),
  get("a path with another case", `/Job-Status/${UUID}`, "route_not_found"),
  get("bad percent-encoding", "/job-status/%ff%zz", "gateway", { ways: ["http"] }),
  get("headers of 20,000 characters", "/health", "gateway", {
    ways: ["http"],
    headers: { "x-long": "x".repeat(20_000) },
  }),
];
export const PATHS: Bad[] = [
  ...[
    ["words", "nonsense"],
    ["a key of Redis", "job_queue"],
    ["a pattern", "*"],
    ["a way out of the folder", "..%2f..%2fhealth"],
    ["an encoded slash", `${UUID}%2ftoken`],
    ["a dot at the end", `${UUID}.`],
    ["a space at the end", `${UUID}%20`],
    ["a space at the start", `%20${UUID}`],
    ["a line break", `${UUID}%0d%0aset-cookie:a=b`],
    ["NUL", `${UUID}%00`],
    ["the key of a payload", `${UUID}:payload`],
    ["braces", `%7B${UUID}%7D`],
    ["no dashes", UUID.replaceAll("-", "")],
    ["a digit too many", `${UUID}0`],
    ["a letter that no UUID has", UUID.replace("f", "g")],
    ["digits of another script", `３${UUID.slice(1)}`],
    ["an emoji", "😀"],
    ["the name __proto__", "__proto__"],
    ["the name constructor", "constructor"],
    ["five thousand characters", "a".repeat(5_000)],
  ].map(([what, id]) => get(`an id: ${what}`, `/job-status/${encodedOnce(id!)}`, "invalid_job_id")),
  act("cancel: an invalid id", "/cancel-job/1", "invalid_job_id"),
  act("retry: an invalid id", "/retry-job/1", "invalid_job_id"),
  act("run now: an invalid id", "/run-job/1", "invalid_job_id"),
  act("delete: an invalid id", "/jobs/1", "invalid_job_id", { method: "DELETE" }),
  get("an unknown job", `/job-status/${UUID}`, "job_not_found"),
  get("an unknown job in capitals", `/job-status/${UUID.toUpperCase()}`, "job_not_found"),
  get("an unknown job to wait for", `/job-status/${UUID}?wait=25`, "job_not_found"),
  get("an unknown job, unless it has changed", `/job-status/${UUID}`, "job_not_found", {
    headers: { "if-none-match": "*" },
  }),
  act("cancel: an unknown job", `/cancel-job/${UUID}`, "job_not_found"),
  act("retry: an unknown job", `/retry-job/${UUID}`, "job_not_found"),
  act("run now: an unknown job", `/run-job/${UUID}`, "job_not_found"),
  act("delete: an unknown job", `/jobs/${UUID}`, "job_not_found", { method: "DELETE" }),
  act("cancel: an unknown job, with a malformed body", `/cancel-job/${UUID}`, "job_not_found", { body: "{" }),
];
function encodedOnce(id: string): string {
  return /%[0-9a-f]{2}/i.test(id) ? id : encodeURIComponent(id);
}
