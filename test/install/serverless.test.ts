import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import getPort from "get-port";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startLocalEmbedded } from "../../packages/redis-rest-local/src/testing.ts";
import { blackBox } from "./black-box.ts";
import type { RunningApp } from "./program.ts";
import { SLS, serverlessProject } from "./serverless-project.ts";

/** Starts `sls offline start` in a project, as package.json says. */
async function startOffline(folder: string, { PORT: _, ...environment }: Record<string, string>): Promise<RunningApp> {
  const [port, lambdaPort] = [await getPort(), await getPort()];
  const ports = ["--httpPort", String(port), "--lambdaPort", String(lambdaPort)];
  const home = await mkdtemp(join(tmpdir(), "wakeq-home-"));
  const child = spawn(process.execPath, [SLS, "offline", "start", "--noSponsor", "--host", "127.0.0.1", ...ports], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: home, ...environment },
  });
  const output: string[] = [];
  const ended = once(child, "close");
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on("line", (line) => {
        output.push(line);
        if (line.includes("Server ready")) resolve();
      });
    void ended.then(() => reject(new Error(`sls offline ended:\n${output.join("\n")}`)));
  });
  async function stop(): Promise<void> {
    child.kill("SIGTERM");
    const overdue = setTimeout(() => child.kill("SIGKILL"), 20_000);
    const [code, signal] = (await ended) as [number | null, string | null];
    clearTimeout(overdue);
    await rm(home, { recursive: true, force: true });
    if (code !== 0) throw new Error(`sls offline ended with ${code ?? signal}:\n${output.join("\n")}`);
  }
  await ready;
  return { url: `http://127.0.0.1:${port}/queue`, stop };
}

blackBox("serverless", { start: startOffline, setUp: serverlessProject });

let redis: Awaited<ReturnType<typeof startLocalEmbedded>>;
let project: Awaited<ReturnType<typeof serverlessProject>>;
let app: RunningApp;
beforeAll(async () => {
  redis = await startLocalEmbedded();
  project = await serverlessProject();
  app = await startOffline(project.folder, {
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
  });
});
afterAll(async () => {
  await app?.stop();
  await redis?.stop();
  await project?.remove();
});

test("the project's own function submits a job and wakes the queue's worker; without keys the API is open here", async () => {
  const { origin } = new URL(app.url);
  const response = await fetch(`${origin}/welcome/Ada`, { method: "POST" });
  const id = await response.text();
  const job = await fetch(`${app.url}/job-status/${id}?wait=20`);
  expect(await job.json()).toMatchObject({ status: "completed", result: { greeting: "Hello Ada" } });
});
