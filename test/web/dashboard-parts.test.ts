import { execFileSync } from "node:child_process";
import { afterEach, expect, test, vi } from "vitest";
import { bulkInWords, groupInWords } from "../../web/dashboard/bulk-words.ts";
import { curlOf } from "../../web/dashboard/curl.ts";
import { read } from "../../web/dashboard/exact.ts";
import { fieldAt, fieldsOf, payloadOf, wholePayload } from "../../web/dashboard/fields.ts";
import { changedAt, countOf, stated, stateOf, waitingIn } from "../../web/dashboard/job-state.ts";
import { isDue, needsOf, pulsePath } from "../../web/dashboard/needs.ts";
import { hashOf, placeOf, withQuery } from "../../web/dashboard/place.ts";
import { topAbove, unitOf } from "../../web/dashboard/scale.ts";
import type { Job, ShownCounts } from "../../web/dashboard/shapes.ts";
import { duration, exactClock, exactly, labelOf, relative } from "../../web/dashboard/time.ts";
import { verdictOf } from "../../web/dashboard/verdict.ts";
import { at, job, T } from "./dashboard-life.ts";

test.each([
  [{}, "waiting", at(0)],
  [{ run_at: at(90) }, "scheduled", at(90)],
  [{ run_at: at(90), retries: 1 }, "retrying", at(90)],
  [{ run_at: at(5) }, "waiting", at(5)],
  [{ status: "processing", started_at: at(3) }, "running", at(3)],
  [{ status: "failed", finished_at: at(4) }, "failed", at(4)],
  [{ state: "paused", changed_at: at(2) }, "paused", at(2)],
] as [Partial<Job>, string, string][])("a job %j is %s, since or at %s", (given, state, when) => {
  const now = T + 10_000;
  expect(stateOf(job(given), now)).toBe(state);
  expect(changedAt(job(given), now)).toBe(when);
});

const counts = (given: Partial<ShownCounts> = {}): ShownCounts => ({
  ready: { high: 0, normal: 0, low: 0 },
  suspects: 0,
  scheduled: 4,
  processing: 2,
  completed: 1,
  failed: 0,
  cancelled: 0,
  paused_tasks: [],
  totals: {},
  ...given,
});

test.each([
  [{}, "good", "Keeping up", "No job waits"],
  [
    { ready: { high: 1, normal: 0, low: 0 }, oldest_ready_seconds: 12 },
    "good",
    "Keeping up",
    "1 job waits, the oldest for 12 s",
  ],
  [{ ready: { high: 0, normal: 3, low: 0 }, oldest_ready_seconds: 61 }, "bad", "Falling behind", "3 jobs wait"],
  [{ paused: { since: at(0) } }, "waiting", "Paused", "Nothing new is started"],
] as [Partial<ShownCounts>, string, string, string][])(
  "of counts %j the verdict is %s",
  (given, tone, word, sentence) => {
    expect(verdictOf(counts(given))).toEqual({ tone, word, sentence: expect.stringContaining(sentence) });
  },
);

test.each([
  [{ at: T - 40_000, waiting: 500 }, "Catching up", "300 jobs wait, the oldest for 2 min; 200 fewer than 40 s ago."],
  [{ at: T - 40_000, waiting: 300 }, "Falling behind", "300 jobs wait, the oldest for 2 min."],
  [{ at: T - 40_000, waiting: 200 }, "Falling behind", "300 jobs wait, the oldest for 2 min."],
])("a backlog of 300 jobs after %j is said to be %s", (earlier, word, sentence) => {
  const backlog = counts({ ready: { high: 0, normal: 300, low: 0 }, oldest_ready_seconds: 120 });
  expect(verdictOf(backlog, earlier, T)).toMatchObject({ word, sentence });
});

const ON_NOTE = [{ task: "note", since: at(1), parked: 2 }];
test.each([
  ["the list knows better", {}, { state: "paused", changed_at: at(0) }, {}, "paused"],
  [
    "a delayed job past its time, in the list",
    { run_at: at(5) },
    { state: "scheduled", run_at: at(5) },
    {},
    "scheduled",
  ],
  ["it has begun since the list", { status: "processing" }, { state: "waiting" }, {}, "running"],
  ["it has failed once since the list", { retries: 1, run_at: at(90) }, { state: "waiting" }, {}, "retrying"],
  ["it was let run since the list", { run_at: at(5) }, { state: "scheduled", run_at: at(90) }, {}, "waiting"],
  ["no list has it", {}, undefined, {}, "waiting"],
  ["its task is paused", {}, undefined, { paused_tasks: ON_NOTE }, "paused"],
  [
    "its task is paused, but no job is parked",
    {},
    undefined,
    { paused_tasks: [{ ...ON_NOTE[0]!, parked: 0 }] },
    "waiting",
  ],
  ["another task is paused", { task: "call" }, undefined, { paused_tasks: ON_NOTE }, "waiting"],
  ["its task is paused, and its time is ahead", { run_at: at(90) }, undefined, { paused_tasks: ON_NOTE }, "scheduled"],
  ["its time came in a pause of the queue", { run_at: at(5) }, undefined, { paused: { since: at(1) } }, "scheduled"],
  ["its retry's did", { run_at: at(5), retries: 1 }, undefined, { paused: { since: at(1) } }, "retrying"],
  ["its time came before the pause", { run_at: at(1) }, undefined, { paused: { since: at(2) } }, "waiting"],
] as [string, Partial<Job>, Partial<Job> | undefined, Partial<ShownCounts>, string][])(
  "the open job and its row have one state: %s",
  (_, given, row, what, state) => {
    const shown = stated(job(given), row && job(row), counts(what), T + 10_000);
    expect(stateOf(shown, T + 10_000)).toBe(state);
  },
);

test("suspects wait, too, and jobs of paused tasks are counted on their own", () => {
  const given = counts({
    ready: { high: 1, normal: 2, low: 3 },
    suspects: 4,
    paused_tasks: [{ task: "a", since: at(0), parked: 5 }],
  });
  expect(waitingIn(given)).toBe(10);
  expect((["running", "retrying", "paused"] as const).map((each) => countOf(each, given))).toEqual([2, undefined, 5]);
});

test.each([
  ["", "overview", {}],
  ["#/", "overview", {}],
  ["#/jobs?status=failed&task=a%26b&job=", "jobs", { status: "failed", task: "a&b" }],
  ["#/nothing", "overview", {}],
  ["#00000000-0000-4000-8000-000000000000", "jobs", { job: "00000000-0000-4000-8000-000000000000" }],
])("the hash %s is the view %s", (hash, view, query) => {
  const place = placeOf(hash);
  expect(place).toEqual({ view, query });
  expect(placeOf(hashOf(place))).toEqual(place);
});

test("what a place needs follows from it, and the open job may stand beside any view", () => {
  const paths = (hash: string) => needsOf(placeOf(hash)).map(({ path }) => path);
  expect(paths("#/jobs?status=failed&id=0a")).toEqual(["queue-stats", "jobs?status=failed&id=0a&limit=50"]);
  expect(paths("#/failures?job=x")).toEqual(["queue-stats", "failures", "job-status/x"]);
  expect(hashOf(withQuery(placeOf("#/jobs?status=failed&job=x"), { job: undefined }))).toBe("#/jobs?status=failed");
});

test.each([
  ["unknown", undefined, "a", 0, true],
  ["unchanged", { tag: "a", at: 0 }, "a", 10_000, false],
  ["unchanged, but old", { tag: "a", at: 0 }, "a", 120_000, true],
  ["changed", { tag: "a", at: 0 }, "b", 2_000, true],
  ["changed, and fetched just now", { tag: "a", at: 0 }, "b", 1_000, false],
  ["fetched before there was a tag", { tag: undefined, at: 0 }, undefined, 2_000, true],
  ["a fault", { tag: "a", at: 0, problem: { status: 0, title: "No answer" } }, "a", 6_000, true],
  ["a fault, of just now", { tag: "a", at: 0, problem: { status: 503, title: "No store" } }, "a", 5_000, false],
  ["that the job does not exist", { tag: "a", at: 0, problem: { status: 404, title: "No job" } }, "a", 60_000, false],
])("an answer that is %s", (_, known, tag, now, expected) => {
  expect(isDue({ path: "jobs", restMs: 2_000 }, known, tag, now)).toBe(expected);
});

test.each([
  [{}, ["pulse", "pulse", "pulse"]],
  [{ processing: 0 }, ["pulse?look=totals", "pulse?look=keys", "pulse?look=keys"]],
  [{ processing: 0, next_due_seconds: 0.1 }, ["pulse?look=totals", "pulse?look=keys", "pulse?look=keys"]],
  [{ processing: 0, next_due_seconds: 0 }, ["pulse", "pulse", "pulse"]],
  [{ processing: 0, suspects: 1 }, ["pulse", "pulse", "pulse"]],
  [
    { processing: 0, suspects: 1, next_due_seconds: 0, paused: { since: at(0) } },
    ["pulse?look=totals", "pulse?look=keys", "pulse?look=keys"],
  ],
  [{ paused: { since: at(0) } }, ["pulse", "pulse", "pulse"]],
] as [Partial<ShownCounts>, string[]][])("where counts are %j the page asks %j", (given, paths) => {
  expect([3, 4, 5].map((before) => pulsePath(counts(given), before))).toEqual(paths);
  expect(pulsePath(undefined, 1)).toBe("pulse");
});

test("a payload is read from fields by their types; what does not fit is sent as it is", () => {
  const fields = fieldsOf({
    type: "object",
    required: ["to"],
    properties: { to: { type: "string" }, n: { type: "integer" }, is: { type: "boolean" }, more: { type: "array" } },
  });
  expect(fields.map(({ name, isRequired, isJson }) => [name, isRequired, isJson])).toEqual([
    ["to", true, false],
    ["n", false, false],
    ["is", false, false],
    ["more", false, true],
  ]);
  expect(payloadOf(fields, { to: "5", n: "5", is: "true", more: "[1]" })).toEqual({
    payload: { to: "5", n: 5, is: true, more: [1] },
  });
  expect(payloadOf(fields, { n: "many", to: " " })).toEqual({ payload: { n: "many" } });
  expect(payloadOf(fields, { more: "[" })).toEqual({ wrong: ["payload/more"] });
  expect([payloadOf(fields, {}), wholePayload("  "), wholePayload("{")]).toEqual([{}, {}, { wrong: ["payload"] }]);
  expect(["/payload/a~1b/0", "/payload", "/delay_seconds"].map(fieldAt)).toEqual([
    "payload/a/b",
    "payload",
    "delay_seconds",
  ]);
  expect(fieldAt("/payload/delay_seconds")).not.toBe(fieldAt("/delay_seconds"));
});

test("the copied command gives a shell the same payload, whatever is in it", () => {
  const payload = { text: `it's "$HOME" \`id\` \\ %`, n: "N" };
  const exact = read(JSON.stringify(job({ payload })).replace('"N"', "9007199254740993")) as Job;
  const command = curlOf("note", exact, "https://queue.example.com/q/", true);
  const given = execFileSync("sh", ["-c", command.replace(/^curl/, "printf '%s\\n'")], {
    encoding: "utf8",
    env: { ...process.env, WAKEQ_KEY: "secret" },
  }).split("\n");
  expect(given[0]).toBe("https://queue.example.com/q/submit-job");
  expect(given[2]).toBe("Authorization: Bearer secret");
  expect(given[6]).toBe(
    `{"task":"note","payload":{"text":${JSON.stringify(payload.text)},"n":9007199254740993},"max_retries":3}`,
  );
});

test.each([
  [340, "340 ms"],
  [3_240, "3.2 s"],
  [42_900, "42 s"],
  [200_000, "3 min 20 s"],
  [7_200_000, "2 h"],
  [187_200_000, "2 d 4 h"],
])("%d ms are written %s", (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test.each([
  [0, 0],
  [1, 2],
  [8, 10],
  [95, 100],
  [96, 120],
  [1_310, 1_500],
  [58_000, 80_000],
  [150_000, 180_000],
  [4_000_000, 4_320_000],
])("a chart of values up to %d ms ends at %d, somewhat above", (largest, top) => {
  expect(topAbove(largest, unitOf(largest))).toBe(top);
});

test("an instant is near, past or to come", () => {
  expect([relative(T, T + 1_000), relative(T, T + 61_000), relative(T + 7_200_000, T)]).toEqual([
    "now",
    "1 min ago",
    "in 2 h",
  ]);
});

test.each([
  ["America/New_York", "19:00:00.120", "2029-12-31 19:00:00.120", "19:00"],
  ["Asia/Kolkata", "05:30:00.120", "2030-01-01 05:30:00.120", "05:30"],
])(
  "in %s times are those of the reader's clock, and a day of the history keeps its name",
  (zone, clock, whole, label) => {
    vi.stubEnv("TZ", zone);
    const instant = "2030-01-01T00:00:00.120Z";
    expect([exactClock(instant), exactly(instant), labelOf(instant, 3_600)]).toEqual([clock, whole, label]);
    expect(labelOf("2030-01-01T00:00:00Z", 86_400)).toBe("01-01");
  },
);
afterEach(() => vi.unstubAllEnvs());

test("a button and its progress count the jobs that they change, where their number is known", () => {
  expect([groupInWords(1, false), groupInWords(1_000, false), groupInWords(1_000, true)]).toEqual([
    "1 job",
    "1,000 jobs",
    "all of them, also older ones",
  ]);
  const bulk = { verb: "delete", what: "jobs of call", of: 1_204, done: 1_100, skipped: 0, mode: "running" } as const;
  expect(bulkInWords(bulk)).toBe("Deleting 1,100 of 1,204 jobs of call …");
  expect(bulkInWords({ ...bulk, verb: "retry", of: undefined, done: 5_000, mode: "ended" })).toBe(
    "Retried 5,000 jobs of call.",
  );
});
