import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { runLoad } from "./load.ts";

test("under a steady load every job runs once, on far fewer workers than jobs", async () => {
  const target = createServer((request, response) => void request.resume().once("end", () => response.end("done")));
  target.listen(0, "127.0.0.1");
  await new Promise((resolve) => target.once("listening", resolve));
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`;
  const body = { task: "call", payload: { url } };
  const report = await runLoad({ perSecond: 100, seconds: 3, warmUp: 8, body }).finally(() => target.close());
  const jobs = 300 + 8;
  expect(report).toMatchObject({ accepted: jobs, refused: {}, completed: jobs, lost: 0, repeated: 0 });
  expect(report.workers.invocations).toBeGreaterThan(0);
  expect(report.workers.invocations).toBeLessThan(jobs / 5);
});
