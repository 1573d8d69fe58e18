import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { EVERY_ROUTE } from "../../lib/routes/all.ts";
import { BAD_REQUESTS } from "../api/bad-requests.ts";
import { callers, mustRefuse, sentBy } from "../api/refusal.ts";
import { sendHttp } from "../support/request.ts";
import { ROUTE_CASES } from "../support/route-cases.ts";
import { temporaryService } from "../support/service-copy.ts";
import { startStage } from "../support/stage.ts";
import { until } from "../support/worker.ts";
import { buildImage, type Image } from "./image.ts";
import { composeUp, type System } from "./system.ts";
import { waitingFor } from "./waiting.ts";

let image: Image;
beforeAll(async () => {
  const service = await temporaryService();
  image = buildImage(service.folder);
  await service.remove();
});
afterAll(() => image?.remove());

const ROOT = join(import.meta.dirname, "../..");
const NO_ROUTE = "GET /openapi.json lists every route";
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const submit = (url: string, body: unknown, headers: Record<string, string> = FORM) =>
  fetch(`${url}/submit-job`, { method: "POST", headers, body: JSON.stringify(body) });

async function submitted(url: string, body: unknown): Promise<string> {
  const response = await submit(url, body);
  expect(response.status).toBe(202);
  return ((await response.json()) as { job_id: string }).job_id;
}

describe("docker compose up, each service as a process", () => {
  let system: System;
  beforeAll(async () => {
    system = await composeUp(image);
  });
  afterAll(() => system?.stop());

  test("answers as in the README: a job submitted by curl is completed a moment later, without a tick", async () => {
    const response = await submit(system.url, { task: "note", payload: { to: "ada@example.com" } });
    expect(response.status).toBe(202);
    const { job_id } = (await response.json()) as { job_id: string };
    expect(response.headers.get("location")).toBe(`/job-status/${job_id}`);
    expect(response.headers.get("retry-after")).toBe("1");
    const status = await fetch(`${system.url}/job-status/${job_id}?wait=20`);
    expect(await status.json()).toMatchObject({
      job_id,
      status: "completed",
      retries: 0,
      attempts: [{ attempt: 1, outcome: "completed" }],
      result: { noted: job_id, for: "ada@example.com" },
    });
    const woken = system.processes.worker.lines.filter((line) => line.includes('"event":"drain"'));
    expect(woken.some((line) => line.includes('"source":"submit"'))).toBe(true);
    expect(woken.some((line) => line.includes('"source":"tick"'))).toBe(false);
  });

  test("accepts an Idempotency-Key, and refuses with problem+json", async () => {
    const headers = { ...FORM, "idempotency-key": "order-17" };
    const first = await submit(system.url, { task: "note" }, headers);
    const again = await submit(system.url, { task: "note" }, headers);
    expect(await again.json()).toEqual(await first.json());
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect((await submit(system.url, { task: "count" }, headers)).status).toBe(422);
    expect(await (await submit(system.url, { task: "send_mail" })).json()).toMatchObject({ code: "unknown_task" });
  });

  test.each([
    ["/", "text/html", "<title>"],
    ["/docs", "text/html", "swagger"],
    ["/docs/swagger-ui.css", "text/css", ".swagger-ui"],
    ["/dashboard/dashboard.js", "text/javascript", "queue-stats"],
    ["/openapi.json", "application/json", '"openapi":"3.1'],
    ["/problems/unknown_task", "text/plain", "task"],
    ["/queue-stats", "application/json", '"ready"'],
  ])("serves %s", async (path, type, text) => {
    const response = await fetch(`${system.url}${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain(type);
    expect(await response.text()).toContain(text);
  });

  test("serves every route that serverless.yml has", async () => {
    const { functions } = parse(readFileSync(join(ROOT, "serverless.yml"), "utf8"), { logLevel: "error" }) as {
      functions: Record<string, { events: { httpApi?: string }[] }>;
    };
    const routes = Object.values(functions).flatMap(({ events }) => events.flatMap(({ httpApi }) => httpApi ?? []));
    expect(routes.length).toBeGreaterThan(10);
    for (const route of routes) {
      const [method = "", path = ""] = route.replace(/\{[\w+]+\}/g, "x").split(" ");
      const text = await (await fetch(`${system.url}${path}`, { method })).text();
      expect(text, route).not.toContain(NO_ROUTE);
    }
    expect(await (await fetch(`${system.url}/elsewhere`)).text()).toContain(NO_ROUTE);
  });

  test.each(ROUTE_CASES)("$what", ({ check }) => check((sent) => sendHttp(system.url, sent)));

  test("answers HEAD as GET without a body, and confirms unchanged pages with a 304", async () => {
    const { headers } = await fetch(`${system.url}/docs`);
    const head = await fetch(`${system.url}/docs`, { method: "HEAD" });
    expect([head.status, await head.text(), head.headers.get("etag")]).toEqual([200, "", headers.get("etag")]);
    const known = { "if-none-match": headers.get("etag")! };
    expect((await fetch(`${system.url}/docs`, { headers: known })).status).toBe(304);
  });

  test("refuses a huge body without reading all of it", async () => {
    const body = Buffer.alloc(7 * 1024 * 1024, " ");
    const sent = { method: "POST", path: "/submit-jobs", headers: { "content-type": "application/json" }, body };
    const answer = await sendHttp(system.url, sent).catch(() => ({ status: 413 })); // the server may hang up first
    expect(answer.status).toBe(413);
    expect((await fetch(`${system.url}/health`)).status).toBe(200);
  });

  test.each([
    ["host", { host: "evil.example" }],
    ["origin", { origin: "https://evil.example" }],
    ["form", { ...FORM, "user-agent": "Mozilla/5.0" }],
  ])("refuses a foreign page that its %s gives away", async (because, headers) => {
    const sent = { method: "POST", path: "/submit-job", headers, body: '{"task":"note"}' };
    const { status, text } = await sendHttp(system.url, sent);
    expect({ status, code: JSON.parse(text).code }).toEqual({ status: 403, code: "forbidden_origin" });
    const said = `"event":"stranger_refused","because":"${because}"`;
    await until(() => system.processes.api.lines.join("\n").includes(said));
  });

  test("passes its own doctor's checks", async () => {
    const { code, output } = await system.exec("node", "doctor.mjs");
    expect(output).toMatch(/^ok {4}wake-up {6}accepted by worker$/m);
    expect(output).not.toMatch(/^FAIL/m);
    expect(code).toBe(0);
  });

  test("is healthy, and unhealthy when a service that it needs is gone", async () => {
    for (const one of Object.values(system.processes)) expect(await one.health()).toBe(0);
    const other = await composeUp(image);
    onTestFinished(() => other.stop());
    other.processes.gateway.kill("SIGKILL");
    await other.processes.gateway.exited;
    expect(await other.processes.gateway.health()).toBe(1);
    await until(async () => (await other.processes.api.health()) === 1); // the answer is remembered for a few seconds
  });
});

describe("with keys", () => {
  const { keys, API_KEYS } = callers();
  const sentOf = sentBy(keys);
  let system: System;
  beforeAll(async () => {
    system = await composeUp(image, { API_KEYS });
  });
  afterAll(() => system?.stop());

  test("docs/access.md is right about every route and every kind of key", async () => {
    const page = readFileSync(join(ROOT, "docs/access.md"), "utf8");
    const rows = [...page.matchAll(/^\| `(GET|POST|PUT|DELETE) (\/\S*)` \| (.+) \|$/gm)].map(
      ([, method, path, cells]) => ({
        method: method!,
        path: path!,
        cells: cells!.split(" | "),
      }),
    );
    const every = EVERY_ROUTE.map(({ method, path }) => `${method} ${path}`).sort();
    expect(rows.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(every);
    for (const { method, path, cells } of rows) {
      const asked = path
        .replace("{job_id}", crypto.randomUUID())
        .replace("{code}", "forbidden")
        .replace("{name}", "nightly")
        .replace(/(dashboard|docs)\/\{file\}/, "$1/$1.js");
      const bulk = '{"status":"failed"}';
      const body = {
        "/retry-jobs": bulk,
        "/delete-jobs": bulk,
        "/submit-job": '{"task":"note"}',
        "/submit-jobs": '{"jobs":[{"task":"note"}]}',
      }[path];
      const seen = async (headers: Record<string, string>) => {
        const sent = { method, path: asked, headers: { ...headers, "content-type": "application/json" } };
        const { status } = await sendHttp(system.url, body === undefined ? sent : { ...sent, body });
        return [401, 403].includes(status) ? String(status) : status < 500 ? "yes" : status;
      };
      const kinds = [{}, keys.submit.headers, keys.read.headers, keys.admin.headers];
      const label = `${method} ${path}`;
      expect(await Promise.all(kinds.map(seen)), label).toEqual(cells);
      expect(await seen({ authorization: "Bearer wq_unknown" }), label).toBe(cells[0]);
    }
  });

  test("a key is required", async () => {
    expect((await submit(system.url, { task: "note" })).status).toBe(401);
    const foreign = { ...FORM, ...keys.submit.headers, host: "queue.example", origin: "https://a.example" };
    const sent = { method: "POST", path: "/submit-job", headers: foreign, body: '{"task":"note"}' };
    expect((await sendHttp(system.url, sent)).status).toBe(202);
    expect((await submit(system.url, { task: "note" }, { ...FORM, ...keys.submit.headers })).status).toBe(202);
  });

  // Cases that differ only in base64: here every body arrives the same way.
  const bad = BAD_REQUESTS.filter(({ ways }) => ways === undefined || ways.includes("http") || ways.includes("base64"));
  test.each(bad)("refuses $what", async (each) => {
    mustRefuse(each, await sendHttp(system.url, sentOf(each)));
  });
});

test("with DOCS=off there is no API page and none of its files", async () => {
  const system = await composeUp(image, { DOCS: "off" });
  onTestFinished(() => system.stop());
  for (const path of ["/docs", "/docs/docs.js", "/openapi.json"])
    expect((await fetch(system.url + path)).status, path).toBe(404);
  expect((await fetch(`${system.url}/`)).status).toBe(200);
});

describe("SIGTERM", () => {
  test("makes the API answer open requests and refuse new ones, and every process exit with 0", async () => {
    const system = await composeUp(image, { SHUTDOWN_GRACE_SECONDS: "60" });
    const stage = await startStage();
    onTestFinished(async () => {
      await system.stop();
      await stage.close();
    });
    const { api, worker, gateway } = system.processes;
    const id = await submitted(system.url, { task: "call", payload: { url: stage.url, method: "GET" } });
    await until(() => stage.runs.length === 1);
    const waiting = await waitingFor(system, id);

    api.kill("SIGTERM");
    await until(() =>
      fetch(`${system.url}/health`).then(
        ({ ok }) => !ok,
        () => true,
      ),
    );
    worker.kill("SIGTERM");
    await until(() => worker.health().then((code) => code !== 0));
    stage.open();
    expect(await (await waiting.answered).json()).toMatchObject({ job_id: id, status: "completed" });
    expect(await api.exited).toEqual({ code: 0, signal: null });
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    gateway.kill("SIGTERM");
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
  });

  test("does not make the API wait longer than its grace", async () => {
    const system = await composeUp(image, { SHUTDOWN_GRACE_SECONDS: "0" });
    onTestFinished(() => system.stop());
    const id = await submitted(system.url, { task: "note", delay_seconds: 3_000 });
    const waiting = await waitingFor(system, id);
    system.processes.api.kill("SIGTERM");
    expect(await system.processes.api.exited).toEqual({ code: 0, signal: null });
    await expect(waiting.answered).rejects.toThrow("fetch failed");
  });
});

test("a gateway or an API with wrong settings says so and exits with 1", async () => {
  const system = await composeUp(image);
  onTestFinished(() => system.stop());
  const [api, gateway] = await Promise.all([
    system.exec("node", "-e", "process.env.PORT = 'x'; import('./serve.mjs')"),
    system.exec("node", "-e", "delete process.env.REDIS_URL; import('./gateway.mjs')"),
  ]);
  expect(api).toEqual({
    code: 1,
    output: expect.stringContaining('PORT: expected a whole number from 0 to 65535, got "x"'),
  });
  expect(gateway).toEqual({ code: 1, output: expect.stringContaining("set REDIS_URL") });
});

test("a gateway with the embedded store runs scripts with only what the image holds", async () => {
  const system = await composeUp(image);
  onTestFinished(() => system.stop());
  const program = `
    const { mkdtempSync, rmSync } = await import("node:fs");
    const folder = mkdtempSync("/tmp/wakeq-embedded-");
    process.once("exit", () => rmSync(folder, { recursive: true }));
    Object.assign(process.env, { REDIS_URL: "embedded:", LOCAL_DATA_DIR: folder, REDIS_REST_PORT: "0" });
    const { write } = process.stderr;
    process.stderr.write = (text) => {
      const { url } = JSON.parse(text);
      const body = JSON.stringify(["EVAL", "return redis.call('INCR', 'n')", 0]);
      const headers = { authorization: "Bearer " + process.env.UPSTASH_REDIS_REST_TOKEN };
      fetch(url, { method: "POST", headers, body }).then(async (response) => {
        console.log(await response.text());
        process.kill(process.pid, "SIGTERM");
      });
    };
    await import("./gateway.mjs");`;
  expect(await system.exec("node", "--input-type=module", "-e", program)).toEqual({
    code: 0,
    output: '{"result":1}\n',
  });
});
