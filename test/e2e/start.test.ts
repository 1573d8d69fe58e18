import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import getPort from "get-port";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { runningStack } from "../../local/stack-file.ts";
import { lock } from "../../packages/redis-rest-local/src/lock.ts";
import { start, startForSeveral } from "../support/start.ts";

test("npm start serves, and Ctrl-C ends everything that it started", async () => {
  const started = await start({});
  const [, url] = await started.prints(/API +(http:\S+)/);
  expect(started.output).toMatch(
    /^wakeq: starting …\nwakeq: starting Redis …\nwakeq: building the functions and starting them .* …\n/,
  );
  expect(await runningStack(started.dataDir)).toMatchObject({ api: url, pid: started.child.pid });
  const [, port] = await started.prints(/redis-cli -p (\d+)/);
  const [, body] = await started.prints(/Try it:\s+curl -d '(.+)' http:/);
  expect(body).toBe('{"task":"note"}');
  const submitted = await fetch(`${url}/submit-job`, { method: "POST", body: body! });
  expect(submitted.status).toBe(202);
  await started.prints(/submit +job \w{8}… {2}note/);

  started.child.kill("SIGINT");
  expect(await started.exited).toBe(0);
  expect(started.output).toContain("jobs are kept for the next start");
  await expect(fetch(`${url}/health`)).rejects.toThrow("fetch failed");
  expect(await getPort({ port: Number(port), host: "127.0.0.1" })).toBe(Number(port));
  await (await lock(started.dataDir))(); // no process holds the folder
  expect(existsSync(join(started.dataDir, "stack.json"))).toBe(false);
});

test("a port that another program takes while the functions are built is named, and the next free one is used", async () => {
  const port = await getPort({ host: "127.0.0.1" });
  const started = await start({ PORT: String(port) });
  const taken = createServer();
  onTestFinished(() => void taken.close());
  await started.prints(/building the functions/);
  await once(taken.listen(port, "127.0.0.1"), "listening");
  const [, other] = await started.prints(new RegExp(`port ${port} \\(PORT\\) is taken: using (\\d+)`));
  await started.prints(new RegExp(`API +http://127.0.0.1:${other}`));
  const { status } = await fetch(`http://127.0.0.1:${other}/health`);
  expect(status).toBe(200);
});

describe("one start, which the last test ends:", () => {
  const taken = createServer();
  let port: number;
  let started: Awaited<ReturnType<typeof startForSeveral>>;
  beforeAll(async () => {
    await once(taken.listen(0, "127.0.0.1"), "listening");
    ({ port } = taken.address() as { port: number });
    started = await startForSeveral({ PORT: String(port) });
  });
  afterAll(async () => {
    await started?.end();
    taken.close();
  });

  test("a taken port is named, and the next free one is used", async () => {
    const [, other] = await started.prints(new RegExp(`port ${port} \\(PORT\\) is taken: using (\\d+)`));
    await started.prints(new RegExp(`API +http://127.0.0.1:${other}`));
    expect(await runningStack(started.dataDir)).toMatchObject({ api: `http://127.0.0.1:${other}` });
  });

  test("a second start on the same data is refused, and says what to do", async () => {
    await started.prints(/wakeq is ready/);
    const second = await start({ LOCAL_DATA_DIR: started.dataDir });
    expect(await second.exited).toBe(1);
    expect(second.output).toMatch(
      /another wakeq runs on the data in \S+: end it, or set LOCAL_DATA_DIR to another folder/,
    );
  });

  test("the stack ends and says why if its private Redis ends by itself", async () => {
    await started.prints(/wakeq is ready/);
    const [first = ""] = (await readFile(join(started.dataDir, "processes"), "utf8")).split("\n");
    process.kill((JSON.parse(first) as { pid: number }).pid, "SIGTERM");
    expect(await started.exited).toBe(1);
    expect(started.output).toMatch(/wakeq: the private Redis ended by itself:\n[\s\S]*User requested shutdown/);
  });
});

test("all wrong settings are named together, before anything starts", async () => {
  const started = await start({ WORKER_CONCURRENCY: "many", LINGER_SECONDS: "-1", KEEP_JOBS: "nonsense" });
  const odd = await start({ LOCAL_DURABILITY: "sometimes" }, started.service);
  expect(await started.exited).toBe(1);
  expect(started.output).toContain('WORKER_CONCURRENCY: expected a whole number from 1 to 500, got "many"');
  expect(started.output).toContain('LINGER_SECONDS: expected a whole number from 0 to 600, got "-1"');
  expect(started.output).toContain("KEEP_JOBS: expected a whole number from 0 to 10000000");
  expect(started.output).not.toContain("is ready");
  expect(await odd.exited).toBe(1);
  expect(odd.output).toContain('LOCAL_DURABILITY: expected process or power, got "sometimes"');
});

test("processes that a killed start left running are ended by the next one", async () => {
  const killed = await start({});
  const [, port] = await killed.prints(/redis-cli -p (\d+)/);
  const [, url] = await killed.prints(/API +(http:\S+)/);
  killed.child.kill("SIGKILL");
  await killed.exited;
  expect(existsSync(join(killed.dataDir, "stack.json"))).toBe(true);
  expect(await runningStack(killed.dataDir)).toBeUndefined();
  const next = await start({ LOCAL_DATA_DIR: killed.dataDir });
  await next.prints(/wakeq is ready/);
  expect(await getPort({ port: Number(port), host: "127.0.0.1" })).toBe(Number(port));
  await expect(fetch(`${url}/health`)).rejects.toThrow("fetch failed");
  expect(existsSync(join(killed.service, `.esbuild-${new URL(url!).port}`))).toBe(false);
});

test("if no Redis is installed the embedded store serves, and a line says so", async () => {
  const bin = await mkdtemp(join(tmpdir(), "wakeq-bin-"));
  onTestFinished(() => rm(bin, { recursive: true, force: true }));
  await symlink(process.execPath, join(bin, "node"));
  const started = await start({ PATH: bin });
  await started.prints(/This is the embedded store: no redis-server is on the PATH/);
});
