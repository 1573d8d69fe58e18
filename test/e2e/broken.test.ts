import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { withBrokenTask } from "../support/broken-task.ts";
import { job } from "../support/redis.ts";
import { copyService } from "../support/service-copy.ts";
import { start } from "../support/start.ts";

test("under npm start a task that does not load is a problem for the caller and a log line, and the rest works", async () => {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-broken-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const service = join(folder, "service");
  await copyService(service, withBrokenTask);
  const started = await start({}, service);
  const [, url] = await started.prints(/API +(http:\S+)/);
  const submitted = await fetch(`${url}/submit-job`, { method: "POST", body: '{"task":"broken"}' });
  expect(submitted.headers.get("content-type")).toBe("application/problem+json");
  expect([submitted.status, await submitted.json()]).toEqual([
    500,
    {
      type: "/problems/internal",
      title: "Something went wrong here",
      status: 500,
      code: "internal",
      detail: "Something failed on our side. The log of this deployment says what.",
      instance: "/submit-job",
    },
  ]);
  expect((await fetch(`${url}/openapi.json`)).status).toBe(500);
  expect((await fetch(`${url}/job-status/${crypto.randomUUID()}`)).status).toBe(404);
  expect((await fetch(`${url}/queue-stats`)).status).toBe(200);
  await started.prints(/load_failed.*function=submitJob.*message=sesame is not set\n[\s\S]*tasks\/broken\.ts:1/);

  // A worker that is woken logs the same, claims nothing and wakes no other worker.
  const [, rest, token] = await started.prints(/Redis +(http:\S+) +token (\S+)/);
  const queue = new WorkerQueue(connectRedis({ url: rest!, token: token! }));
  const waiting = job({ task: "broken", when: { delayMs: 3_600_000 } }); // wakes no worker yet
  await queue.submit([waiting]);
  for (const verb of ["cancel", "retry"]) {
    const changed = await fetch(`${url}/${verb}-job/${waiting.id}`, { method: "POST" });
    expect(changed.status).toBe(200);
  }
  await started.prints(/load_failed.*function=worker.*message=sesame is not set\n[\s\S]*tasks\/broken\.ts:1/);
  expect((await queue.status(waiting.id))!.job).toMatchObject({ status: "pending", retries: 0, attempts: [] });
  expect((await queue.stats()).ready.normal).toBe(1);
  const said = started.output.match(/load_failed.*function=worker/g)!.length;
  expect(said).toBeLessThanOrEqual(2); // one wake-up, and a tick if the minute ended in the meantime
});
