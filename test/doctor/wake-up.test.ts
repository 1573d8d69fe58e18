import { expect, onTestFinished, test } from "vitest";
import { checkWakeUp } from "../../bin/doctor/wake-up.ts";
import { readConfig } from "../../lib/config/config.ts";
import { startLambda } from "../support/lambda.ts";
import { useProcesses } from "../support/process.ts";
import { borrowStack } from "../support/shared/stack.ts";
import { SUMMARY, useDeployment } from "./deployment.ts";
import { examined, runDoctor } from "./examined.ts";

const deployment = useDeployment();
const processes = useProcesses();
const { sound } = deployment;

test("the doctor tries the wake-up with a tick and waits for its end", async () => {
  deployment.lambda.invocations.length = 0;
  expect((await examined(sound())).line("wake-up")).toBe("ok worker came, looked and ended (empty)");
  expect(deployment.lambda.invocations).toMatchObject([
    {
      path: "POST /2015-03-31/functions/worker/invocations",
      headers: { "x-amz-invocation-type": "RequestResponse" },
      body: '{"source":"tick"}',
    },
  ]);
});

test.each([
  ["a missing function", 404, "{}", {}, "FAIL there is no function worker"],
  ["a missing permission", 403, "not authorized", {}, "FAIL refused (403): not authorized"],
  ["a throttled worker", 429, "slow down", {}, "FAIL answered with 429: slow down"],
  [
    "a crash of the worker",
    200,
    '{"errorMessage":"boom"}',
    { "x-amz-function-error": "Unhandled" },
    'FAIL worker started and failed: {"errorMessage":"boom"}',
  ],
  [
    "a worker that cannot reach its database",
    200,
    SUMMARY.replace("empty", "unreachable"),
    {},
    "FAIL worker ran, but cannot reach its database",
  ],
])("the doctor recognises %s", async (_, status, body, headers, line) => {
  const other = await startLambda((response) => response.writeHead(status, headers).end(body));
  onTestFinished(() => other.stop());
  const found = await examined(sound({ AWS_ENDPOINT_URL_LAMBDA: other.url }));
  expect(found.line("wake-up")).toBe(line);
  expect(found.exitCode).toBe(1);
});

test("the doctor does not wait for a worker that has much to do", async () => {
  const busy = await startLambda(() => {});
  onTestFinished(() => busy.stop());
  const config = readConfig(sound({ AWS_ENDPOINT_URL_LAMBDA: busy.url }));
  const finding = await checkWakeUp(config, false, 100);
  expect(finding).toEqual({
    check: "wake-up",
    state: "ok",
    seen: "it arrived: worker is still at work after 100 ms",
  });
});

test("an endpoint where no worker listens is a failure", async () => {
  const other = await startLambda();
  await other.stop();
  const found = await examined(sound({ AWS_ENDPOINT_URL_LAMBDA: other.url }));
  expect(found.line("wake-up")).toBe(`FAIL no way to ${other.url}: nothing listens there`);
  expect(found.exitCode).toBe(1);
});

test.each([
  ["no worker is named", { WORKER_FUNCTION_NAME: "" }, "warn WORKER_FUNCTION_NAME is not set"],
  [
    "the worker is at AWS and there are no credentials",
    { AWS_ENDPOINT_URL_LAMBDA: "" },
    "warn no AWS credentials here",
  ],
])("the wake-up cannot be tried where %s", async (_, more, line) => {
  const found = await examined(sound(more));
  expect(found.line("wake-up")).toContain(line);
  expect(found.exitCode).toBe(0);
});

test("the wake-up reaches a worker that runs as a process", async () => {
  const worker = processes.start("bin/worker.ts", { ...sound(), WORKER_PORT: "0" });
  const found = await examined(sound({ AWS_ENDPOINT_URL_LAMBDA: await worker.url() }));
  expect(found.line("wake-up")).toBe("ok accepted by worker");
  worker.kill("SIGTERM");
  expect(await worker.exited).toEqual({ code: 0, signal: null });
});

test("the wake-up reaches the worker of a running local stack, found by its folder alone", async () => {
  const stack = await borrowStack();
  onTestFinished(() => stack.giveBack());
  const { code, output } = await runDoctor({
    LOCAL_DATA_DIR: stack.dataDir,
    WORKER_FUNCTION_NAME: "wakeq-test-worker",
  });
  expect(output).toMatch(/^ok {4}wake-up {6}wakeq-test-worker came, looked and ended \(empty\)$/m);
  expect(output).toMatch(/^\d+ ok, 0 to look at, 0 failed/m);
  expect(code).toBe(0);
});
