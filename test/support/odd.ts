import fc from "fast-check";

/** Numbers that JSON can hold, but that are no valid instant, count or length. */
const NUMBERS = [
  "1e300",
  "-1e300",
  "1e400",
  "-1e400",
  "-1",
  "0.5",
  "9".repeat(400),
  "9".repeat(16),
  "9".repeat(17),
  "-0",
];
const VALUES = [
  ...NUMBERS,
  "null",
  "true",
  '""',
  '"x"',
  "[]",
  "{}",
  "[[]]",
  '{"__proto__":1}',
  `"${"x".repeat(2_000)}"`,
];
/** Texts that are not JSON, or not JSON that any version of ours wrote. */
const TEXTS = [
  ...[
    "",
    "-",
    "}",
    "{}",
    "[]",
    "null",
    "0",
    "{]%d}",
    "\u0000}",
    '"\\ud800"',
    '{"job_id":}',
    '{"v":1,"status":"pending"}',
  ],
  ...["[".repeat(20_000) + "]".repeat(20_000), `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`, "x".repeat(300_000)],
  `{"v":1,"status":"failed","retries":0,"job_id":"x","task":"note","max_retries":1,"created_at":1,"attempts":[${"{}".repeat(9)}]}`,
];
const STATUSES = ["pending", "processing", "completed", "failed", "cancelled", "elsewhere"];
const ENTRY = { attempt: 1, outcome: "failed", started_at: 1, ended_at: 2, worker: "w", error: "E", message: "m" };

const REQUIRED = ["v", "status", "retries", "job_id", "task", "max_retries", "created_at"];
const OPTIONAL = [
  ...[
    "run_at",
    "started_at",
    "finished_at",
    "token",
    "redrive",
    "held_until",
    "crashes",
    "alone",
    "snoozed",
    "unknown_since",
    "unknown_tries",
  ],
  ...[
    "progress",
    "note",
    "payload_bytes",
    "priority",
    "fingerprint",
    "traceparent",
    "sensitive",
    "payload",
    "attempts",
  ],
];

/** A record of ours with one thing wrong. `{id}` stands for the job's id. */
const almost: fc.Arbitrary<string> = fc
  .record({
    status: fc.constantFrom(...STATUSES),
    field: fc.constantFrom(...REQUIRED, ...OPTIONAL),
    value: fc.constantFrom(...VALUES),
    without: fc.subarray([...OPTIONAL]),
    entries: fc.constantFrom(0, 1, 10, 11, 1_000),
    at: fc.nat(),
    how: fc.constantFrom("as it is", "cut", "doubled", "a byte more"),
  })
  .map(({ status, field, value, without, entries, at, how }) => {
    // In the order of the fields in a record.
    const whole = {
      v: 1,
      status,
      retries: 0,
      run_at: 1,
      started_at: 2,
      finished_at: 3,
      token: "w.1",
      redrive: "r",
      held_until: 4,
      crashes: 1,
      alone: true,
      snoozed: 5,
      progress: 6,
      note: "n",
      job_id: "{id}",
      payload_bytes: 7,
      task: "note",
      priority: "high",
      max_retries: 3,
      created_at: 8,
      fingerprint: "f",
      traceparent: "t",
      sensitive: true,
      payload: "1",
      ...(entries > 0 ? { attempts: Array.from({ length: entries }, () => ENTRY) } : {}),
      ...Object.fromEntries(without.map((name) => [name, undefined])),
      [field]: "ODD",
    };
    const text = JSON.stringify(whole).replace('"ODD"', () => value);
    const place = at % text.length;
    if (how === "cut") return text.slice(0, place);
    if (how === "doubled") return text + text;
    return how === "a byte more" ? `${text.slice(0, place)}"${text.slice(place)}` : text;
  });

/** Anything that the key of a record and the keys beside it might hold. */
export const oddRecord: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: almost },
  { weight: 2, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 60 }) },
  { weight: 1, arbitrary: fc.json() },
);
const LINE = '{"at":1e300,"message":"m"}';
export const oddPart: fc.Arbitrary<string | undefined> = fc.oneof(
  fc.constantFrom(undefined, ...TEXTS, ...VALUES, `[${LINE}]`, "[null]", '[{"at":"x","message":1}]', '{"name":1}'),
  fc.constant(`${'{"name":"E","message":"m","cause":'.repeat(3_000)}1${"}".repeat(3_000)}`),
  fc.json(),
);
