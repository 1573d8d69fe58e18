import { gzipSync } from "node:zlib";
import { type Bad, batch, json, MAIL, NOT_OFFLINE, raw, submit } from "./request.ts";

export const NOT_JSON: Bad[] = [
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
  raw("NUL before the body", `\u0000${JSON.stringify(MAIL)}`, "malformed_json"),
  raw("NUL within a string", '{"task":"send\u0000email"}', "malformed_json"),
  raw("a line break within a string", '{"task":"send\nemail"}', "malformed_json"),
  raw("two byte order marks", `\ufeff\ufeff${JSON.stringify(MAIL)}`, "malformed_json"),
  raw("arrays nested 100 deep", `{"task":"note","payload":${"[".repeat(100)}${"]".repeat(100)}}`, "malformed_json"),
  raw("arrays nested 100,000 deep", "[".repeat(100_000), "malformed_json"),
  // As text these bytes would reach us as U+FFFD.
  raw("broken UTF-8", Buffer.from('{"task":"send\xff"}', "latin1"), "malformed_json", { ways: ["base64"] }),
  raw("a surrogate as bytes", Buffer.from('{"task":"\xed\xa0\x80"}', "latin1"), "malformed_json", { ways: ["base64"] }),
  raw("an overlong NUL", Buffer.from('{"task":"\xc0\x80"}', "latin1"), "malformed_json", { ways: ["base64"] }),
  raw("UTF-16", Buffer.from(JSON.stringify(MAIL), "utf16le"), "malformed_json"),
];
export const TYPES: Bad[] = [
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
  raw("a body in gzip", gzipSync(JSON.stringify(MAIL)), "unsupported_media_type", {
    headers: { ...json, "content-encoding": "gzip" },
  }),
  raw("a body that claims to be brotli", JSON.stringify(MAIL), "unsupported_media_type", {
    headers: { ...json, "content-encoding": "br" },
  }),
];
export const SIZES: Bad[] = [
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
  submit("a field name of 500,000 characters", { ...MAIL, ["x".repeat(500_000)]: 1 }, "invalid_request", ""),
  submit(
    "fifty thousand unknown fields",
    { ...MAIL, ...Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`x${i}`, 0])) },
    "invalid_request",
    ...Array.from({ length: 100 }, (_, i) => `/x${i}`),
  ),
];
