import { createHash } from "node:crypto";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Client, createClient } from "../../client/index.ts";
import { startLocalEmbedded } from "../../packages/redis-rest-local/src/testing.ts";
import { type RunningApp, startProgram } from "./program.ts";
import { emptyProject, install } from "./project.ts";

const EXAMPLES = join(import.meta.dirname, "../../examples");
const KEY = "wq_the-key-of-the-black-box";
const API_KEYS = `test:submit+read+admin:${createHash("sha256").update(KEY).digest("hex")}`;

/** Starts an installed application. `environment`: where its Redis is, its API keys, and PORT. */
export type StartApp = (folder: string, environment: Record<string, string>) => Promise<RunningApp>;

/**
 * Installs an example from the packed package, outside of this repository, and checks over HTTP what every application that has
 * a queue does. Each example has the tasks `greet`, `flaky` and `slow` (examples/README.md).
 */
export function blackBox(
  name: string,
  {
    start = startProgram as StartApp,
    setUp = () => installed(name),
  }: { start?: StartApp; setUp?: typeof emptyProject } = {},
): void {
  describe(`examples/${name}, installed from the package`, () => {
    let folder: string;
    let remove: () => Promise<void>;
    let redis: Awaited<ReturnType<typeof startLocalEmbedded>>;
    let app: RunningApp;
    let client: Client;

    beforeAll(async () => {
      ({ folder, remove } = await setUp());
      redis = await startLocalEmbedded();
      await startApp();
    });
    afterAll(async () => {
      await app?.stop().catch(() => {});
      await redis?.stop();
      await remove();
    });

    async function startApp(): Promise<void> {
      app = await start(folder, {
        PORT: "0",
        UPSTASH_REDIS_REST_URL: redis.url,
        UPSTASH_REDIS_REST_TOKEN: redis.token,
        API_KEYS,
        // An attempt hears that its job was cancelled when its lease is extended.
        LEASE_SECONDS: "3",
      });
      client = createClient({ url: app.url, key: KEY });
    }

    /** Waits until a job is running. */
    async function running(id: string): Promise<void> {
      while ((await client.status(id)).status !== "processing");
    }

    test("a job is submitted, runs, and a caller that waits gets its result", async () => {
      const { jobId } = await client.submit("greet", { name: "Ada" });
      expect(await client.waitFor(jobId)).toMatchObject({ status: "completed", result: { greeting: "Hello Ada" } });
    });

    test("a payload that does not fit is refused, and an unknown caller too", async () => {
      await expect(client.submit("greet", { name: 7 })).rejects.toMatchObject({ code: "invalid_request" });
      await expect(createClient({ url: app.url }).stats()).rejects.toMatchObject({ code: "unauthorized" });
    });

    test("a failed attempt is retried", async () => {
      const { jobId } = await client.submit("flaky", { failures: 1 });
      const job = await client.waitFor(jobId);
      expect(job.status).toBe("completed");
      expect(job.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "completed"]);
    });

    test("a failed job is put back by hand", async () => {
      const { jobId } = await client.submit("flaky", { failures: 1 }, { maxRetries: 0 });
      expect((await client.waitFor(jobId)).status).toBe("failed");
      expect((await client.retry(jobId)).status).toBe("pending");
      expect((await client.waitFor(jobId)).attempts.length).toBe(2);
    });

    test("a running job is cancelled", async () => {
      const { jobId } = await client.submit("slow", { ms: 60_000 });
      await running(jobId);
      expect((await client.cancel(jobId)).status).toBe("cancelled");
      expect((await client.waitFor(jobId)).status).toBe("cancelled");
    });

    test("the same idempotency key gives the same job", async () => {
      const submit = () => client.submit("greet", { name: "Bob" }, { idempotencyKey: "order-17" });
      const first = await submit();
      expect(await submit()).toEqual({ jobId: first.jobId, replayed: true, uniqueConflict: false });
    });

    test("a delayed job waits, then runs", async () => {
      const { jobId } = await client.submit("greet", { name: "Cy" }, { delaySeconds: 1 });
      expect((await client.status(jobId)).status).toBe("pending");
      const job = await client.waitFor(jobId);
      expect(job.status).toBe("completed");
      expect(job.startedAt!.getTime() - job.createdAt.getTime()).toBeGreaterThanOrEqual(1_000);
    });

    test("the dashboard is served", async () => {
      const response = await fetch(`${app.url}/`, { headers: { accept: "text/html" } });
      expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
      const page = await response.text();
      expect(page).toContain("<title>");
      const script = /<script[^>]* src="([^"]+)"/.exec(page)![1]!;
      const asset = await fetch(new URL(script, `${app.url}/`));
      expect([asset.status, (await asset.text()).length > 1_000]).toEqual([200, true]);
    });

    test("it stops gracefully: a job that runs meanwhile ends, or is given back, and spends no attempt", async () => {
      const { jobId } = await client.submit("slow", { ms: 1_000 });
      await running(jobId);
      await app.stop();
      await startApp();
      const job = await client.waitFor(jobId, { timeoutMs: 30_000 });
      expect([job.status, job.attempts.map(({ outcome }) => outcome)]).toEqual(["completed", ["completed"]]);
    });
  });
}

/** Installs an example, with all that its package.json names. */
async function installed(name: string): ReturnType<typeof emptyProject> {
  const project = await emptyProject();
  await cp(join(EXAMPLES, name), project.folder, { recursive: true });
  await install(project.folder);
  return project;
}
