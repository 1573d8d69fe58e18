import { afterEach, expect, test, vi } from "vitest";
import { pause } from "../../lib/queue/pauses.ts";
import { NonRetriableError } from "../../lib/tasks.ts";
import type { Line } from "../support/log.ts";
import { job } from "../support/redis.ts";
import { gate, task, until } from "../support/worker.ts";
import { HOUR, useInvocations } from "./world.ts";

const { workers, deploy } = useInvocations();
afterEach(() => void vi.useRealTimers());

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;

const echo = task("echo", () => "done");
const moody = task("moody", ({ job: { attempt } }) => {
  if (attempt === 1) throw new TypeError("not yet");
});
const broken = task("broken", () => {
  throw new NonRetriableError("no use");
});
const long = task("long", ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)));

/** The fields of every line from a worker. */
const OWN = { time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/), worker: expect.any(String) };
const MS = expect.any(Number);
const SPAN = expect.stringMatching(/^[0-9a-f]{16}$/);

test("a job that completes, one that is retried and one that fails each log their lines", async () => {
  const { client, invoke } = deploy([echo, moody, broken]);
  const [a, b, c] = [job({ task: "echo", traceparent }), job({ task: "moody" }), job({ task: "broken" })];
  await client.submit([a, b, c]);
  const { lines } = await invoke({ source: "submit", depth: 0 }, { requestId: "r-1" });

  const common = { ...OWN, request_id: "r-1", duration_ms: MS, wait_ms: MS };
  const trace = { trace_id: TRACE, span_id: SPAN, parent_span_id: "00f067aa0ba902b7" };
  expect(lines).toEqual(
    [
      { ...common, level: "info", event: "completed", job_id: a.id, task: "echo", attempt: 1, ...trace },
      {
        ...common,
        level: "warn",
        event: "retry",
        job_id: b.id,
        task: "moody",
        attempt: 1,
        error: "TypeError",
        message: "not yet",
        stack: expect.stringContaining("life.test.ts"),
        delay_ms: 0,
      },
      {
        ...common,
        level: "error",
        event: "failed",
        job_id: c.id,
        task: "broken",
        attempt: 1,
        error: "NonRetriableError",
        message: "no use",
        stack: expect.stringContaining("life.test.ts"),
      },
      { ...common, level: "info", event: "completed", job_id: b.id, task: "moody", attempt: 2 },
      {
        ...OWN,
        request_id: "r-1",
        level: "info",
        event: "drain",
        source: "submit",
        depth: 0,
        claimed: 4,
        completed: 2,
        retried: 1,
        failed: 1,
        released: 0,
        cancelled: 0,
        lost: 0,
        stopped: "empty",
      },
    ].sort(byWhen(lines)),
  );
  // The history of attempts names the same worker.
  expect((await client.status(a.id))?.job.attempts[0]?.worker).toBe(lines[0]!.worker);
});

/** Jobs run side by side, and any of them may end first. */
function byWhen(lines: readonly Line[]) {
  const at = ({ event, job_id, attempt }: Record<string, unknown>) =>
    lines.findIndex((line) => line.event === event && line.job_id === job_id && line.attempt === attempt);
  return (x: Record<string, unknown>, y: Record<string, unknown>) => at(x) - at(y);
}

test("a job that is released because its worker must end, and whose next worker dies, logs both", async () => {
  const { client, invoke } = deploy([long], { LEASE_SECONDS: "1" }, { leaseMs: 1_000 });
  const a = job({ task: "long", traceparent, maxRetries: 0 });
  await client.submit([a]);
  const shutdown = new AbortController();
  const invoked = invoke({ source: "hand_over" }, { life: { ...HOUR, shutdown: shutdown.signal } });
  await until(async () => (await client.status(a.id))?.job.status === "processing");
  shutdown.abort();
  const { lines } = await invoked;
  expect(lines.map(({ event }) => event)).toEqual(["released", "drain"]);
  expect(lines[0]).toEqual({
    ...OWN,
    level: "info",
    event: "released",
    job_id: a.id,
    task: "long",
    attempt: 1,
    duration_ms: MS,
    wait_ms: MS,
    trace_id: TRACE,
    span_id: SPAN,
    parent_span_id: "00f067aa0ba902b7",
  });

  await client.step({ claim: { token: "dead.1", count: 1, arrived: true } });
  let reclaimed: Line[] = [];
  await until(async () => {
    const life = { ...HOUR, shutdown: AbortSignal.timeout(200) }; // it runs again, alone, and does not end by itself
    reclaimed = (await invoke({}, { life })).lines.filter(({ event }) => event === "reclaim");
    return reclaimed.length > 0;
  });
  expect(reclaimed).toEqual([{ ...OWN, level: "warn", event: "reclaim", job_id: a.id, status: "pending" }]);
});

test("a job that is cancelled while it runs logs that with everything known about the attempt", async () => {
  const { client, invoke } = deploy([long], { LEASE_SECONDS: "1" });
  const a = job({ task: "long", traceparent });
  await client.submit([a]);
  const invoked = invoke({});
  await until(async () => (await client.status(a.id))?.job.status === "processing");
  await client.cancel(a.id);
  const { lines } = await invoked;
  expect(lines[0]).toMatchObject({ level: "info", event: "cancelled", job_id: a.id, task: "long", trace_id: TRACE });
  expect(lines[1]).toMatchObject({ event: "drain", claimed: 1, cancelled: 1, lost: 0 });
});

test("a task gets the trace context, with its attempt as the parent of the calls that it makes", async () => {
  const seen: (string | undefined)[] = [];
  const { client, invoke } = deploy([task("look", ({ job }) => void seen.push(job.traceparent))]);
  await client.submit([job({ task: "look", traceparent })]);
  await client.submit([job({ task: "look" })]);
  const { lines } = await invoke({});
  expect(seen).toEqual([`00-${TRACE}-${lines[0]!.span_id}-01`, undefined]);
});

test.each(["tick", "reload"])("a %s that finds nothing to do logs nothing", async (source) => {
  const end = gate();
  const held = task("held", () => end.opened);
  const { client, invoke, worker: other } = deploy([held]);
  expect((await invoke({ source })).lines).toEqual([]);
  const a = job({ task: "held" });
  await client.submit([a]);
  const drained = other([held]).drain();
  await until(async () => (await client.status(a.id))?.job.status === "processing");
  expect((await invoke({ source })).lines).toEqual([]);
  end.open();
  await drained;
});

test("metrics are off unless a setting asks for them", async () => {
  const { client, invoke } = deploy([echo]);
  await client.submit([job({ task: "echo" })]);
  expect((await invoke({ source: "tick" })).lines.map(({ event }) => event)).toEqual(["completed", "drain"]);
  expect((await invoke({ source: "tick" })).lines).toEqual([]);
});

test("the metrics of a drain add up to its summary, on one line, even with LOG_LEVEL=silent", async () => {
  const { client, invoke } = deploy([echo, moody, broken], { METRICS: "on", LOG_LEVEL: "silent" });
  const names = [...Array(21).fill("echo"), "moody", "moody", "broken"];
  await client.submit(names.map((name) => job({ task: name })));
  const { summary, lines } = await invoke({ source: "submit" }, { requestId: "r-2" });
  expect(summary).toMatchObject({ claimed: 26, completed: 23, retried: 2, failed: 1 });
  expect(lines).toHaveLength(2); // the other metric: how many dead letters there are now
  expect(lines[0]).toMatchObject({
    level: "info",
    event: "metrics",
    stage: "test",
    request_id: "r-2",
    tasks: { echo: 21, moody: 4, broken: 1 },
    Completed: summary.completed,
    Retried: summary.retried,
    Failed: summary.failed,
    LeaseExpired: 0,
  });
  expect(lines[0]!.WaitTime).toHaveLength(summary.claimed);
  expect(lines[0]!.RunTime).toHaveLength(summary.completed + summary.retried + summary.failed);
  expect(lines[1]).toMatchObject({ event: "metrics", DeadLetters: 1 });
});

test("a job that a task submits is counted as submitted once, however often the attempt is repeated", async () => {
  const parent = task("parent", async ({ submit, job: { attempt } }) => {
    await Promise.all([submit(echo), submit(echo, 1, { key: "k" }), ...(attempt === 1 ? [] : [submit(echo)])]);
    if (attempt === 1) throw new Error("not yet");
  });
  const { client, invoke } = deploy([echo, parent], { METRICS: "on", LOG_LEVEL: "silent" });
  await client.submit([job({ task: "parent" }), job({ task: "echo" })]);
  const { summary, lines } = await invoke({ source: "submit" });
  expect(summary).toMatchObject({ completed: 5, retried: 1 });
  expect(lines.map(({ Submitted = 0 }) => Submitted)).toEqual([3]);
  await client.submit([job({ task: "echo" })]);
  expect((await invoke({ source: "submit" })).lines).toMatchObject([{ Submitted: 0, Completed: 1 }]);
});

const verbs = () => workers.faults.seen.flatMap((request) => request.verbs);

test("an idle tick reports an empty queue at the cost of one command", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2030-01-01T10:30:00Z") });
  const { invoke } = deploy([echo], { METRICS: "on" });
  const { lines } = await invoke({ source: "tick" });
  expect(verbs()).toEqual(["exists"]);
  expect(lines).toMatchObject([{ event: "metrics", stage: "test", Depth: 0, OldestReady: 0, Paused: 0 }]);
  expect(lines[0]).not.toHaveProperty("DeadLetters");
});

test("a tick of a paused queue says that it is paused and that no job is overdue, at the cost of one command", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2030-01-01T10:30:00Z") });
  const { client, keys, invoke } = deploy([echo], { METRICS: "on", LOG_LEVEL: "silent" });
  await client.submit([job({ task: "echo" })]);
  await pause({ redis: workers.redis.redis, keys }, {});
  const { lines } = await invoke({ source: "tick" });
  expect(verbs()).toEqual(["exists"]);
  expect(lines).toMatchObject([{ event: "metrics", OldestReady: 0, Paused: 1 }]);
  expect(lines[0]).not.toHaveProperty("Depth"); // not known without another question
  vi.setSystemTime(new Date("2030-01-01T11:00:00Z"));
  expect((await invoke({ source: "tick" })).lines).toMatchObject([{ Depth: 1, OldestReady: 0, Paused: 1 }]);
});

test("an idle tick on the hour asks for everything", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2030-01-01T10:00:00Z") });
  const { invoke } = deploy([echo], { METRICS: "on" });
  const { lines } = await invoke({ source: "tick" });
  expect(verbs()).toEqual(["exists", "trim", "roll", "stats"]);
  expect(lines).toMatchObject([{ Depth: 0, OldestReady: 0, DeadLetters: 0 }]);
});

test("a tick that finds work reports how much, with one question; a wake-up does not ask", async () => {
  const { client, invoke } = deploy([echo], { METRICS: "on", LOG_LEVEL: "silent" });
  await client.submit([job({ task: "echo", priority: "high" }), job({ task: "echo" }), job({ task: "echo" })]);
  const [depth, drained, ...rest] = (await invoke({ source: "tick" })).lines;
  expect(depth).toMatchObject({ Depth: 3, OldestReady: expect.any(Number), DeadLetters: 0 });
  expect(drained).toMatchObject({ Completed: 3 });
  expect(rest).toEqual([]);
  expect(verbs().filter((verb) => verb === "stats")).toHaveLength(1);
  await client.submit([job({ task: "echo" })]);
  await invoke({ source: "submit" });
  expect(verbs().filter((verb) => verb === "stats")).toHaveLength(1);
});

test("a tick whose question for metrics fails drains all the same", async () => {
  const { client, invoke } = deploy([echo], { METRICS: "on" });
  await client.submit([job({ task: "echo" })]);
  workers.faults.when(({ verbs: [verb] }) => (verb === "stats" ? { answer: 400 } : undefined));
  const { summary, lines } = await invoke({ source: "tick" });
  expect(summary).toMatchObject({ completed: 1 });
  expect(lines[0]).toMatchObject({ level: "warn", event: "stats_failed", name: "RedisError" });
});
