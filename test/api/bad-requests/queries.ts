import { type Bad, forged, get, UUID } from "./request.ts";

export const QUERIES: Bad[] = [
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
    ["a place that does not exist", forged("", "", 99, [], [])],
    ["a place before the first", forged("", "", -1, [], [])],
    ["half a place", forged("", "", 0.5, [], [])],
    ["of another status", forged("failed", "", 0, [], [])],
    ["of another task", forged("", "note", 0, [], [])],
    ["malformed marks", forged("", "", 1, [["a"]], [])],
    ["marks of numbers", forged("", "", 1, [[1, 2]], [])],
    ["50 marks", forged("", "", 1, Array(50).fill(["a", 1]), [])],
    ["five thousand characters", "a".repeat(5_000)],
  ].map(([what, cursor]) =>
    get(`a cursor: ${what}`, `/jobs?cursor=${cursor}`, "invalid_query", { pointers: ["/cursor"] }),
  ),
];
