import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../client/index.ts";
import type { OtlpSpan } from "../../lib/observability/otlp.ts";
import { startReceiver } from "../observability/receiver.ts";
import type { Line } from "../support/log.ts";
import { removeData, startTestStack, type TestStack, until } from "../support/stack.ts";
import type { taskList } from "../support/tasks.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const REQUEST = "b7ad6b7169203331";

let stack: TestStack;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
const called: IncomingHttpHeaders[] = [];
const server = createServer((request, response) => {
  called.push(request.headers);
  response.end("done");
});

beforeAll(async () => {
  receiver = await startReceiver();
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  stack = await startTestStack({
    environment: { METRICS: "on", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: receiver.url },
  });
});
afterAll(async () => {
  await removeData(stack);
  server.closeAllConnections();
  server.close();
  await receiver?.stop();
});

/** The lines that the functions have logged. */
const logged = () => stack.lines.flatMap((line) => (line.startsWith('{"time"') ? [JSON.parse(line) as Line] : []));

test("a trace leads from a client's submit to the log of the run, to the servers that the job calls, and to the collector", async () => {
  const client = createClient<typeof taskList>({ url: stack.url });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const traceparent = `00-${TRACE}-${REQUEST}-01`;
  const { jobId } = await client.submit("call", { url }, { traceparent });
  await client.waitFor(jobId);

  const of = (event: string) => (lines: Line[]) => lines.some((line) => line.event === event && line.job_id === jobId);
  await until(async () => logged(), of("completed"));
  const [submitted] = logged().filter(({ event, job_id }) => event === "submit" && job_id === jobId);
  const [completed] = logged().filter(({ event, job_id }) => event === "completed" && job_id === jobId);
  expect(submitted).toMatchObject({ task: "call", trace_id: TRACE, request_id: expect.any(String) });
  expect(completed).toMatchObject({ task: "call", trace_id: TRACE, request_id: expect.any(String) });
  expect(submitted!.request_id).not.toBe(completed!.request_id);
  expect(called.map((headers) => headers.traceparent)).toEqual([`00-${TRACE}-${completed!.span_id}-01`]);

  await until(
    async () => receiver.spans(),
    (spans) => spans.length === 2,
  );
  const [producer, consumer] = receiver.spans() as [OtlpSpan, OtlpSpan];
  expect(producer).toMatchObject({ traceId: TRACE, parentSpanId: REQUEST, name: "submit call" });
  expect(consumer).toMatchObject({ traceId: TRACE, parentSpanId: producer.spanId, spanId: completed!.span_id });

  const metrics = () => logged().filter(({ event }) => event === "metrics");
  await until(
    async () => metrics(),
    (lines) => lines.length >= 2,
  );
  expect(metrics()).toMatchObject([
    { stage: "test", Submitted: 1 },
    { stage: "test", Completed: 1, tasks: { call: 1 } },
  ]);
});

test("all jobs of one request belong to its trace", async () => {
  const client = createClient({ url: stack.url });
  const traceparent = `00-${"a".repeat(32)}-${REQUEST}-00`;
  const { jobIds } = await client.submitMany([{ task: "note" }, { task: "note" }], { traceparent });
  await Promise.all(jobIds.map((id) => client.waitFor(id)));
  const ran = () => logged().filter(({ event, trace_id }) => event === "completed" && trace_id === "a".repeat(32));
  await until(
    async () => ran(),
    (lines) => lines.length === 2,
  );
  expect(
    ran()
      .map(({ job_id }) => job_id)
      .sort(),
  ).toEqual([...jobIds].sort());
  expect(receiver.spans()).toHaveLength(2); // from the test before: these were not sampled
});
