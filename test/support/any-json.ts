import fc from "fast-check";

/** Names that a request or any object has. */
const FIELDS = [
  "task",
  "payload",
  "priority",
  "delay_seconds",
  "expires_seconds",
  "run_at",
  "max_retries",
  "jobs",
  "__proto__",
  "constructor",
];

export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(...FIELDS, "note"),
);

/** JSON as a stranger might write it: any name, any number, any string. */
export const { value: anyJson } = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(anyText, fc.double(), fc.integer(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null)),
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    tie("leaf"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(anyText, tie("value"), { maxKeys: 4, noNullPrototype: false }),
  ),
}));

/** Mostly `arbitrary`, and now and then anything else. */
function mostly(arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 20, arbitrary }, anyJson);
}

const YEAR_MS = 31_536_000_000;
/** Mostly at most a year ahead: what lies further is refused. */
const aboutNow = fc
  .integer({ min: -YEAR_MS / 4, max: YEAR_MS * 1.1 })
  .map((fromNow) => new Date(Date.now() + Math.round(fromNow)));

/** The body of a submit whose fields are mostly valid. */
export const anySubmission = fc.record(
  {
    task: mostly(fc.constantFrom("note", "count")),
    payload: mostly(
      fc.oneof(
        fc.constant({}),
        fc.record({ subject: anyText }),
        fc.record({ up_to: fc.oneof(fc.nat(100_000), fc.integer()) }),
      ),
    ),
    priority: mostly(fc.constantFrom("high", "normal", "low")),
    delay_seconds: mostly(fc.double({ min: 0, max: 4e7, noNaN: true })),
    expires_seconds: mostly(fc.double({ min: 0, max: 4e7, noNaN: true })),
    run_at: mostly(fc.oneof(aboutNow, fc.date({ noInvalidDate: true })).map((date) => date.toISOString())),
    max_retries: mostly(fc.nat(110)),
  },
  { requiredKeys: ["task"] },
);
