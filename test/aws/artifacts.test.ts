import { sign } from "aws4";
import { describe, expect, inject, test } from "vitest";
import { eventOf } from "../support/api.ts";
import { job } from "../support/redis.ts";
import { summary, until } from "../support/worker.ts";
import { useFunctions } from "./functions.ts";
import { nodes } from "./install.ts";
import { type Outcome, startFunction } from "./runtime-api.ts";

const TICK = { version: "0", source: "tick" };
const STRAY = { NODE_OPTIONS: `--require ${import.meta.dirname}/runtime/stray.cjs` };
const SAMPLES: Record<string, string> = {
  job_id: "00000000-0000-4000-8000-000000000000",
  file: "nothing.js",
  code: "internal",
  "proxy+": "submit-job",
};

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

function answerOf(outcome: Outcome): Answer {
  expect(outcome.how).toBe("answered");
  return (outcome as { value: Answer }).value;
}

describe.runIf(inject("runtimeClient"))("packaged functions under AWS' runtime client", () => {
  const functions = useFunctions();
  const httpJob = (more: Parameters<typeof job>[0] = {}) =>
    job({ task: "call", payload: JSON.stringify({ url: functions.stage.url }), ...more });

  describe.each(nodes())("on $name", ({ path: node }) => {
    test("every function starts and answers each of its routes", async () => {
      const { start } = functions.deploy();
      const answered: string[] = [];
      for (const { name, routes } of functions.artifacts) {
        const started = await start(name, node);
        for (const route of routes) {
          const [method = "", pattern = ""] = route.split(" ");
          const parameters = Object.fromEntries(
            [...pattern.matchAll(/\{([\w+]+)\}/g)].map(([, each]) => [each!.replace("+", ""), SAMPLES[each!]!]),
          );
          const path = pattern.replace(/\{([\w+]+)\}/g, (_, each: string) => SAMPLES[each]!);
          const body = method === "POST" ? { body: "{}" } : {};
          const event = {
            ...eventOf({ method, path, headers: functions.headers, ...body }),
            pathParameters: parameters,
          };
          const { statusCode, body: text } = answerOf(await started.invoke(event));
          expect(statusCode, `${route}: ${text}`).toBeLessThan(500);
          answered.push(route);
        }
        await started.stop();
      }
      expect(functions.artifacts.map(({ name }) => name)).toContain("worker");
      expect(answered).toContain("POST /submit-job");
    });

    test("a job goes from submit over a signed wake-up to completed", async () => {
      const { start } = functions.deploy();
      const submit = await start("submitJob", node);
      const status = await start("jobStatus", node);
      const request = { method: "POST", path: "/submit-job", body: '{"task":"note"}' };
      const trace = "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1";
      const plain = await submit.invoke(eventOf({ ...request, headers: functions.headers }), { trace });
      // As curl -d sends it: API Gateway treats a form as binary.
      const form = { ...functions.headers, "content-type": "application/x-www-form-urlencoded" };
      const base64 = await submit.invoke(eventOf({ ...request, headers: form, base64: true }));
      const ids = [plain, base64].map((outcome) => {
        const { statusCode, body } = answerOf(outcome);
        expect(statusCode).toBe(202);
        return (JSON.parse(body) as { job_id: string }).job_id;
      });
      const read = async (id: string) => {
        const event = eventOf({ method: "GET", path: `/job-status/${id}`, headers: functions.headers });
        return JSON.parse(answerOf(await status.invoke(event)).body) as { status: string };
      };
      expect(await read(ids[0]!)).toMatchObject({ status: "pending" });

      const [wakeUp, ...others] = functions.lambda.invocations;
      expect(others).toEqual([]);
      expect(wakeUp!.path).toBe("POST /2015-03-31/functions/wakeq-dev-worker/invocations");
      expect(wakeUp!.headers).toMatchObject({ "x-amz-invocation-type": "Event", "x-amzn-trace-id": trace });
      expect(wakeUp!.headers.authorization).toBe(signatureOf(wakeUp!));

      const worker = await start("worker", node);
      const drained = await worker.invoke(JSON.parse(wakeUp!.body));
      expect(drained).toEqual({ how: "answered", value: summary({ claimed: 2, completed: 2 }) });
      for (const id of ids) expect(await read(id)).toMatchObject({ status: "completed", retries: 0 });
    });

    test("near its deadline the worker gives its job back and hands over, and the next worker completes it", async () => {
      const { queue, start } = functions.deploy();
      const worker = await start("worker", node);
      // Due so late that the job cannot have used most of the invocation's time.
      const late = httpJob({ when: { delayMs: 6_000 } });
      await queue.submit([late]);
      const released = summary({ claimed: 1, released: 1, stopped: "deadline" });
      expect(await worker.invoke({ source: "submit", depth: 0 }, { lifeMs: 8_000 })).toEqual({
        how: "answered",
        value: released,
      });
      expect((await queue.status(late.id))?.job).toMatchObject({ status: "pending", retries: 0 });
      const [handOver, ...others] = functions.lambda.invocations;
      expect(others).toEqual([]);
      expect(JSON.parse(handOver!.body)).toEqual({ source: "hand_over", depth: 1 });

      functions.stage.open();
      await worker.invoke(JSON.parse(handOver!.body));
      const { job: done } = (await queue.status(late.id))!;
      expect(done).toMatchObject({ status: "completed", retries: 0, attempts: [{ attempt: 1, outcome: "completed" }] });
    });

    test.each<[string, Record<string, string>, (pid: number) => void, Outcome]>([
      ["hangs and is killed at its deadline", {}, (pid) => process.kill(pid, "SIGSTOP"), { how: "timed out" }],
      ["ends in the middle of a task", STRAY, (pid) => process.kill(pid, "SIGUSR2"), { how: "exited", code: 7 }],
      ["has a rejection that nobody handles", STRAY, (pid) => process.kill(pid, "SIGHUP"), { how: "exited", code: 1 }],
    ])("a worker that %s costs its job one attempt and nothing else", async (_, environment, strike, ending) => {
      const { queue, start } = functions.deploy();
      const one = { WORKER_CONCURRENCY: "1" };
      const worker = await start("worker", node, { ...environment, ...one });
      const [hit, waiting] = [httpJob(), httpJob()];
      await queue.submit([hit, waiting]);
      const outcome = worker.invoke({ source: "submit", depth: 0 }, { lifeMs: 1_500 });
      await until(() => functions.stage.runs.length === 1);
      strike(worker.pid);
      expect(await outcome).toEqual(ending);
      expect((await queue.status(hit.id))?.job).toMatchObject({ status: "processing" });

      functions.stage.open();
      const next = await start("worker", node, one);
      await until(async () => {
        await next.invoke(TICK);
        return (await queue.stats()).completed === 2;
      });
      const attempts = async (id: string) => (await queue.status(id))?.job.attempts.map(({ outcome }) => outcome);
      expect(await attempts(hit.id)).toEqual(["lease_expired", "completed"]);
      expect(await attempts(waiting.id)).toEqual(["completed"]);
    });

    test("a function whose connections were cut while it was frozen answers as if nothing had happened", async () => {
      const { start } = functions.deploy();
      const stats = await start("api", node);
      const event = eventOf({ method: "GET", path: "/queue-stats", headers: functions.headers });
      expect(answerOf(await stats.invoke(event)).statusCode).toBe(200);
      await functions.restartGateway();
      expect(answerOf(await stats.invoke(event)).statusCode).toBe(200);
    });

    test("a wrong setting gives an answer without details and a log line with them, whose stack names lines of the source", async () => {
      const { start } = functions.deploy();
      const wrong = { REDIS_TIMEOUT_MS: "soon" };
      const health = await start("api", node, wrong);
      const { statusCode, body } = answerOf(
        await health.invoke(eventOf({ method: "GET", path: "/health", headers: {} })),
      );
      expect(statusCode).toBe(503);
      expect(JSON.parse(body)).toMatchObject({ code: "not_configured" });
      expect(body).not.toContain("REDIS_TIMEOUT_MS");
      expect(health.logs.join()).toContain("REDIS_TIMEOUT_MS: expected a whole number");
      expect(health.logs.join()).toMatch(/lib\/config\/config\.ts:\d+/);

      const worker = await start("worker", node, wrong);
      const failed = await worker.invoke(TICK);
      expect(failed).toMatchObject({
        how: "failed",
        error: { errorMessage: expect.stringContaining("REDIS_TIMEOUT_MS") },
      });
    });

    test("a bundle that cannot be loaded makes the function fail to start", async () => {
      const [artifact] = functions.artifacts;
      const renamed = { ...artifact!, handler: "handlers/nowhere.handler" };
      await expect(startFunction(renamed, node)).rejects.toThrow("Runtime.ImportModuleError");
    });
  });
});

/** The signature that a well-known library makes of the same request at the same time. */
function signatureOf({ path, headers, body }: { path: string; headers: NodeJS.Dict<string | string[]>; body: string }) {
  const [method, url] = path.split(" ") as [string, string];
  const signed = String(/SignedHeaders=([^,]+)/.exec(String(headers.authorization))![1]).split(";");
  const { headers: made } = sign(
    {
      service: "lambda",
      region: "eu-west-1",
      method,
      path: url,
      body,
      headers: Object.fromEntries(signed.map((name) => [name, String(headers[name])])),
    },
    { accessKeyId: "ASIAEXAMPLE", secretAccessKey: "a-secret", sessionToken: "a-session" },
  );
  return made!.Authorization;
}
