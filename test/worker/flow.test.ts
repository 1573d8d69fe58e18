import { expect, test } from "vitest";
import { Flow } from "../../lib/worker/flow.ts";

/** A flow that has seen this many runs of `runMs` end at each of these instants, with round trips of `tripMs`. */
function flow({ runMs, tripMs = 5, ends = {} }: { runMs: number; tripMs?: number; ends?: Record<number, number> }) {
  const made = new Flow();
  made.noteRoundTrip(tripMs);
  for (const [at, count] of Object.entries(ends)) for (let i = 0; i < count; i++) made.noteEnd(Number(at), runMs);
  return made;
}

test("the buffer is empty until a run has ended", () => {
  expect(new Flow().bufferFor(100, 0)).toBe(0);
});

test.each([
  { runs: "that take no time: as many as there are slots", runMs: 0.01, ends: { 998: 100 }, wanted: 100 },
  { runs: "of 20 ms at a steady rate: what ends in 20 ms", runMs: 20, ends: { 985: 50, 995: 50 }, wanted: 100 },
  { runs: "of 20 ms, only the newest of them recent", runMs: 20, ends: { 900: 90, 995: 10 }, wanted: 10 },
  { runs: "of 100 ms that ended together: what ends in 30 ms on average", runMs: 100, ends: { 999: 100 }, wanted: 30 },
  { runs: "of 400 ms that ended together", runMs: 400, ends: { 999: 100 }, wanted: 23 },
  { runs: "of half a second and more: none", runMs: 501, ends: { 999: 100 }, wanted: 0 },
])("for runs $runs", ({ runMs, ends, wanted }) => {
  expect(flow({ runMs, ends }).bufferFor(100, 1_000)).toBe(wanted);
});

test("a longer round trip asks for a larger buffer", () => {
  const ends = { 960: 40, 999: 40 };
  expect(flow({ runMs: 100, tripMs: 5, ends }).bufferFor(100, 1_000)).toBe(30);
  expect(flow({ runMs: 100, tripMs: 20, ends }).bufferFor(100, 1_000)).toBe(60);
});

test("a single slot has a buffer of one for short runs, and none for longer ones", () => {
  expect(flow({ runMs: 20, ends: { 999: 1 } }).bufferFor(1, 1_000)).toBe(1);
  expect(flow({ runMs: 100, ends: { 999: 1 } }).bufferFor(1, 1_000)).toBe(0);
});

test.each([
  { runMs: 0.01, paceMs: 5 },
  { runMs: 100, paceMs: 10 },
  { runMs: 5_000, paceMs: 50 },
])("runs of $runMs ms give a pace of $paceMs ms", ({ runMs, paceMs }) => {
  expect(flow({ runMs, ends: { 1: 1 } }).paceMs).toBe(paceMs);
});

test("the average moves slowly: after a hundred short runs a long one counts little", () => {
  const made = flow({ runMs: 10_000, ends: { 1: 1 } });
  expect(made.paceMs).toBe(50);
  for (let i = 0; i < 100; i++) made.noteEnd(2 + i, 1);
  expect(made.paceMs).toBe(5);
});

test("ends that no window needs are forgotten, even with long runs", () => {
  const made = flow({ runMs: 600, ends: {} });
  for (let i = 0; i < 5_000; i++) {
    made.noteEnd(i * 10, 600);
    if (i % 100 === 0) expect(made.bufferFor(100, i * 10)).toBe(0);
  }
  expect(made.bufferFor(100, 50_000)).toBe(0);
  expect(made.rememberedEnds).toBeLessThan(100);
});
