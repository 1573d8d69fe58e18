import { describe, expect, test } from "vitest";
import { spanIdOf, traceOf, traceparentOf } from "../../lib/observability/trace.ts";
import type { Job } from "../../lib/queue/job.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const GIVEN = `00-${TRACE}-${PARENT}-01`;
const ZEROS = "0".repeat(32);

/** https://www.w3.org/TR/trace-context-2/#traceparent-header and its rules for other versions. */
const headers: [what: string, header: string | undefined, used: string | undefined][] = [
  ["sampled", GIVEN, GIVEN],
  ["not sampled", `00-${TRACE}-${PARENT}-00`, `00-${TRACE}-${PARENT}-00`],
  ["sampled and random", `00-${TRACE}-${PARENT}-03`, `00-${TRACE}-${PARENT}-03`],
  ["undefined flags", `00-${TRACE}-${PARENT}-fd`, `00-${TRACE}-${PARENT}-01`],
  ["a later version", `01-${TRACE}-${PARENT}-01`, GIVEN],
  ["a later version with more after it", `cc-${TRACE}-${PARENT}-01-what-the-future-brings`, GIVEN],
  ["the last version before the forbidden one", `fe-${TRACE}-${PARENT}-00-`, `00-${TRACE}-${PARENT}-00`],
  ["none", undefined, undefined],
  ["nothing in it", "", undefined],
  ["version ff", `ff-${TRACE}-${PARENT}-01`, undefined],
  ["version 00 with more after it", `${GIVEN}-more`, undefined],
  ["version 00 with a dash after it", `${GIVEN}-`, undefined],
  ["a later version with more after it, and no dash", `01-${TRACE}-${PARENT}-01.more`, undefined],
  ["a version that is not a number", `0x-${TRACE}-${PARENT}-01`, undefined],
  ["a version of one digit", `0-${TRACE}-${PARENT}-01`, undefined],
  ["a trace of zeros", `00-${ZEROS}-${PARENT}-01`, undefined],
  ["a parent of zeros", `00-${TRACE}-${ZEROS.slice(16)}-01`, undefined],
  ["a later version's trace of zeros", `01-${ZEROS}-${PARENT}-01`, undefined],
  ["capitals in the trace", `00-${TRACE.toUpperCase()}-${PARENT}-01`, undefined],
  ["capitals in the parent", `00-${TRACE}-${PARENT.toUpperCase()}-01`, undefined],
  ["a trace that is short", `00-${TRACE.slice(1)}-${PARENT}-01`, undefined],
  ["a trace that is long", `00-${TRACE}0-${PARENT}-01`, undefined],
  ["a parent that is short", `00-${TRACE}-${PARENT.slice(1)}-01`, undefined],
  ["flags of one digit", `00-${TRACE}-${PARENT}-1`, undefined],
  ["no flags", `00-${TRACE}-${PARENT}`, undefined],
  ["two headers, joined on the way", `${GIVEN},${GIVEN}`, undefined],
  ["a space before it", ` ${GIVEN}`, undefined],
  ["a line break after it", `${GIVEN}\n`, undefined],
];

test.each(headers)("a traceparent with %s", (_, header, used) => {
  expect(traceparentOf(header)).toBe(used);
});

describe("the trace of an attempt", () => {
  const job = (traceparent?: string) =>
    ({ id: "0b6dd5a4-5b5c-4b1e-9f0a-1d2c3b4a5f60", ...(traceparent ? { traceparent } : {}) }) as Job;
  const SUBMIT_SPAN = "9f0a1d2c3b4a5f60";

  test("is the trace of the submit, with its own span below the request", () => {
    const trace = traceOf(job(GIVEN))!;
    expect(trace).toEqual({
      traceId: TRACE,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      parentId: PARENT,
      sampled: true,
      traceparent: `00-${TRACE}-${trace.spanId}-01`,
    });
    expect(traceparentOf(trace.traceparent)).toBe(trace.traceparent);
    expect(traceOf(job(GIVEN))!.spanId).not.toBe(trace.spanId);
  });

  test("does not exist if the submit had no trace, or one that is no longer accepted", () => {
    expect(traceOf(job())).toBeUndefined();
    expect(traceOf(job(`00-${ZEROS}-${PARENT}-01`))).toBeUndefined();
  });

  test("is below the submit's own span if spans are exported", () => {
    expect(traceOf(job(GIVEN), true)).toMatchObject({ traceId: TRACE, parentId: SUBMIT_SPAN, sampled: true });
    expect(traceOf(job(`00-${TRACE}-${PARENT}-02`), true)).toMatchObject({
      traceId: TRACE,
      parentId: PARENT,
      sampled: false,
      traceparent: expect.stringMatching(/-02$/),
    });
  });

  test("is a new one if spans are exported and the submit had none", () => {
    const trace = traceOf(job(), true)!;
    expect(trace).toMatchObject({ traceId: "0b6dd5a45b5c4b1e9f0a1d2c3b4a5f60", parentId: SUBMIT_SPAN, sampled: true });
    expect(traceparentOf(trace.traceparent)).toBe(trace.traceparent);
  });

  test("has a span id for the submit that is never zero, whatever the job's id", () => {
    expect(spanIdOf("00000000-0000-8000-8000-000000000000")).toBe("8000000000000000");
  });
});
