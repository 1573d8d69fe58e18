import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { readTraces } from "../../lib/config/config.ts";
import { createSpanExporter } from "../../lib/observability/otlp.ts";
import { spanIdOf } from "../../lib/observability/trace.ts";
import { job } from "../support/redis.ts";
import { gate, task, until } from "../support/worker.ts";
import { plain, startReceiver } from "./receiver.ts";
import { HOUR, useInvocations } from "./world.ts";

const { deploy } = useInvocations();
const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const REQUEST = "00f067aa0ba902b7";
const traceparent = `00-${TRACE}-${REQUEST}-01`;
const NANOS = expect.stringMatching(/^1\d{18}$/);

async function receiver(answer?: (response: ServerResponse) => void) {
  const made = await startReceiver(answer);
  endings.push(() => made.stop());
  return { ...made, app: { exportSpans: exporter(made.url) } };
}

function exporter(url: string, more: Record<string, string> = {}) {
  const settings = readTraces({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url, ...more })!;
  return createSpanExporter(settings, { "deployment.environment.name": "test" });
}

const echo = task("echo", () => "done");
const moody = task("moody", ({ job: { attempt } }) => {
  if (attempt === 1) throw new TypeError("not yet");
});

test("a trace shows the submit below the request, and each attempt below the submit", async () => {
  const { app, requests, spans } = await receiver();
  const { client, invoke } = deploy([moody]);
  const a = job({ task: "moody", traceparent, payload: '{"n":1}', createdAt: Date.now() });
  await client.submit([a]);
  const { lines } = await invoke({}, { app });

  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({ path: "POST /v1/traces", headers: { "content-type": "application/json" } });
  expect(requests[0]!.body.resourceSpans[0]!.resource.attributes).toEqual([
    { key: "service.name", value: { stringValue: "wakeq" } },
    { key: "deployment.environment.name", value: { stringValue: "test" } },
  ]);
  const submitSpan = spanIdOf(a.id);
  const common = { "messaging.system": "wakeq", "messaging.destination.name": "moody", "messaging.message.id": a.id };
  const run = {
    traceId: TRACE,
    parentSpanId: submitSpan,
    name: "run moody",
    kind: 5,
    startTimeUnixNano: NANOS,
    endTimeUnixNano: NANOS,
  };
  const ran = {
    ...common,
    "messaging.operation.name": "run",
    "messaging.operation.type": "process",
    "messaging.client.id": lines[0]!.worker,
  };
  expect(spans().map(plain)).toEqual([
    {
      traceId: TRACE,
      spanId: submitSpan,
      parentSpanId: REQUEST,
      name: "submit moody",
      kind: 4,
      startTimeUnixNano: `${a.createdAt}000000`,
      endTimeUnixNano: `${a.createdAt}000000`,
      attributes: {
        ...common,
        "messaging.operation.name": "submit",
        "messaging.operation.type": "send",
        "messaging.message.body.size": 7,
      },
    },
    {
      ...run,
      spanId: lines[0]!.span_id,
      status: { code: 2, message: "not yet" },
      attributes: {
        ...ran,
        "messaging.wakeq.attempt": 1,
        "messaging.wakeq.outcome": "retry",
        "error.type": "TypeError",
      },
    },
    {
      ...run,
      spanId: lines[1]!.span_id,
      attributes: { ...ran, "messaging.wakeq.attempt": 2, "messaging.wakeq.outcome": "completed" },
    },
  ]);
  for (const span of spans())
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
  expect(lines[0]).toMatchObject({ event: "retry", trace_id: TRACE, parent_span_id: submitSpan });
});

test("a job without a trace begins one, and a job whose caller did not sample is left out", async () => {
  const { app, spans } = await receiver();
  const { client, invoke } = deploy([echo]);
  const [own, unsampled] = [job({ task: "echo" }), job({ task: "echo", traceparent: `00-${TRACE}-${REQUEST}-00` })];
  await client.submit([own, unsampled]);
  await invoke({}, { app });
  expect(spans().map(({ traceId, name }) => [traceId, name])).toEqual([
    [own.id.replaceAll("-", ""), "submit echo"],
    [own.id.replaceAll("-", ""), "run echo"],
  ]);
  expect(spans()[0]).not.toHaveProperty("parentSpanId");
});

test("the submit's span is sent with the first attempt that survives", async () => {
  const { app, spans } = await receiver();
  const { client, invoke } = deploy([echo], { LEASE_SECONDS: "1" }, { leaseMs: 1 });
  const a = job({ task: "echo", traceparent });
  await client.submit([a]);
  await client.step({ claim: { token: "dead.1", count: 1, arrived: true } });
  await until(async () => (await invoke({}, { app })).summary.completed === 1);
  expect(spans().map(({ name }) => name)).toEqual(["submit echo", "run echo"]);
});

test("many spans are sent in batches", async () => {
  const { app, spans, batches } = await receiver();
  const { client, invoke } = deploy([echo], { WORKER_CONCURRENCY: "50" });
  const jobs = Array.from({ length: 600 }, () => job({ task: "echo", traceparent }));
  for (let i = 0; i < 600; i += 100) await client.submit(jobs.slice(i, i + 100));
  const { summary, lines } = await invoke({}, { app });
  expect(summary).toMatchObject({ completed: 600 });
  expect(new Set(spans().map(({ spanId }) => spanId)).size).toBe(1_200);
  for (const spans of batches()) expect(spans).toBeLessThanOrEqual(512);
  expect(batches().length).toBeLessThanOrEqual(4);
  expect(lines.filter(({ level }) => level === "warn")).toEqual([]);
});

describe("a receiver that cannot receive fails no job", () => {
  const cases: [what: string, answer: (response: ServerResponse) => void, message: RegExp][] = [
    ["answers 503", (response) => void response.writeHead(503).end("later"), /^it was answered with 503: later$/],
    ["breaks off", (response) => response.destroy(), /hang up|ECONNRESET|broke/],
    [
      "rejects some",
      (response) => void response.end('{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}'),
      /^1 of them were rejected: too old$/,
    ],
    ["never answers", () => undefined, /^no answer within \d+ ms$/],
  ];

  test.each(cases)("when it %s", async (_, answer, message) => {
    const { app } = await receiver(answer);
    const { client, invoke } = deploy([echo]);
    await client.submit([job({ task: "echo", traceparent })]);
    // The invocation is nearly over, so the wait for an answer is short.
    const { summary, lines } = await invoke({}, { app, life: { ...HOUR, remainingMs: lifeOf(3_000) } });
    expect(summary).toMatchObject({ completed: 1, stopped: "empty" });
    expect(lines.at(-1)).toMatchObject({
      level: "warn",
      event: "export_failed",
      spans: 2,
      message: expect.stringMatching(message),
    });
  });

  test("when it does not exist", async () => {
    const { url, stop } = await startReceiver();
    await stop();
    const { client, invoke } = deploy([echo]);
    await client.submit([job({ task: "echo", traceparent })]);
    const { summary, lines } = await invoke({}, { app: { exportSpans: exporter(url) } });
    expect(summary).toMatchObject({ completed: 1 });
    expect(lines.at(-1)).toMatchObject({ event: "export_failed", message: expect.stringContaining("ECONNREFUSED") });
  });

  test("when it holds its answers while jobs go on: spans that cannot wait are dropped and counted", async () => {
    const { app, requests } = await receiver(() => undefined);
    const { client, invoke } = deploy([echo], { WORKER_CONCURRENCY: "100" });
    for (let i = 0; i < 20; i++)
      await client.submit(Array.from({ length: 100 }, () => job({ task: "echo", traceparent })));
    const { summary, lines } = await invoke({}, { app });
    expect(summary).toMatchObject({ completed: 2_000 });
    expect(requests.length).toBeLessThan(5);
    const said = lines.filter(({ event }) => event === "export_failed" || event === "spans_dropped");
    expect(said.map(({ spans }) => spans as number).reduce((a, b) => a + b, 0)).toBe(4_000);
  });
});

function lifeOf(ms: number): () => number {
  const end = performance.now() + ms;
  return () => end - performance.now();
}

describe("settings", () => {
  test("without an address there are no spans, and a job without a trace gets none", async () => {
    expect(readTraces({})).toBeUndefined();
    const seen = gate<string | undefined>();
    const { client, invoke } = deploy([task("look", ({ job }) => seen.open(job.traceparent))]);
    await client.submit([job({ task: "look" })]);
    await invoke({});
    expect(await seen.opened).toBeUndefined();
  });

  test("headers are decoded and sent", async () => {
    const { url, requests } = await receiver();
    const send = exporter(url, {
      OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b%3Dc, x-other=2",
      OTEL_SERVICE_NAME: "orders",
    });
    expect(await send([], 2_000)).toBeUndefined();
    expect(requests[0]!.headers).toMatchObject({ "x-key": "a b=c", "x-other": "2" });
    expect(JSON.stringify(requests[0]!.body)).toContain('"stringValue":"orders"');
  });

  test.each(["novalue", "a=1,,b=2", "a=%zz", "a b=1"])("headers like %j are refused and not shown", (headers) => {
    const read = () => readTraces({ OTEL_EXPORTER_OTLP_HEADERS: headers });
    expect(read).toThrow(/OTEL_EXPORTER_OTLP_HEADERS: expected name=value/);
    expect(read).not.toThrow(headers);
  });
});
