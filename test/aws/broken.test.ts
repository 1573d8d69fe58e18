import { describe, expect, inject, test } from "vitest";
import { withBrokenTask } from "../support/broken-task.ts";
import { job } from "../support/redis.ts";
import { useFunctions } from "./functions.ts";
import { nodes } from "./install.ts";

describe.runIf(inject("runtimeClient"))("a packaged task that does not load", () => {
  const functions = useFunctions({ change: withBrokenTask });

  test.each(nodes())("is a problem for the caller that submits, on $name", async ({ path: node }) => {
    const { start } = functions.deploy();
    const submit = await start("submitJob", node);
    const event = { rawPath: "/submit-job", headers: functions.headers, requestContext: { http: { method: "POST" } } };
    const answered = await submit.invoke({ ...event, body: '{"task":"broken"}' });
    expect(answered).toMatchObject({
      how: "answered",
      value: { statusCode: 500, headers: { "content-type": "application/problem+json" } },
    });
    expect(JSON.stringify(answered)).not.toContain("sesame");
  });

  test.each(nodes())(
    "does not crash the worker, which claims nothing and wakes no other, on $name",
    async ({ path: node }) => {
      const { queue, start, store } = functions.deploy();
      const waiting = job({ task: "broken" });
      await queue.submit([waiting]);
      const worker = await start("worker", node);
      for (const source of ["submit", "tick"]) {
        expect(await worker.invoke({ source, depth: 0 })).toEqual({ how: "answered", value: { error: "load_failed" } });
      }
      expect(await store.ready()).toEqual([waiting.id]);
      expect(functions.lambda.invocations).toEqual([]);
    },
  );
});
