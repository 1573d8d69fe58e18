import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { QueueStatsView } from "../../lib/routes/described/queue-stats.ts";
import { CASES, headersOf, type Raw, rawly } from "../doors/cases.ts";
import { startBrowser, visit } from "../support/browser.ts";
import { startProcess } from "../support/process.ts";
import { ALLOWED_ORIGIN, borrowKeyedStack, sharedKeys } from "../support/shared/keyed.ts";
import { type BorrowedStack, borrowStack } from "../support/shared/stack.ts";
import { until } from "../support/stack.ts";

const JOB = '{"task":"note"}';

/** A port of the running stack, and a request to it that changes something. */
interface Port {
  port: number;
  changes: "jobs" | "woken" | "hits";
  method: "GET" | "POST";
  path: string;
  body: string;
}

let stack: BorrowedStack;
let worker: ReturnType<typeof startProcess>;
let ports: Record<"api" | "lambda" | "worker" | "gateway", Port>;

/** Everything that a request could have changed: the jobs, the worker's wake-ups, a key in Redis. */
async function seen() {
  const stats = (await (await fetch(`${stack.url}/queue-stats`)).json()) as QueueStatsView;
  const { ready, scheduled, suspects, processing, completed, failed, cancelled } = stats;
  const places = [...Object.values(ready), scheduled, suspects, processing, completed, failed, cancelled];
  const hits = await fetch(`${stack.rest.url}/get/hits?_token=${stack.rest.token}`);
  return {
    jobs: places.reduce((sum, many) => sum + many, 0),
    woken: worker.lines.filter(({ event, source }) => event === "drain" && source === "submit").length,
    hits: await hits.text(),
  };
}

beforeAll(async () => {
  stack = await borrowStack();
  // Beside a running stack the worker needs no settings.
  worker = startProcess("bin/worker.ts", { LOCAL_DATA_DIR: stack.dataDir, WORKER_PORT: "0" });
  const portOf = (url: string) => Number(new URL(url).port);
  const invocations = "/2015-03-31/functions/wakeq-test-submitJob/invocations";
  const event = JSON.stringify({ body: JOB, headers: {}, requestContext: { http: { method: "POST" } } });
  ports = {
    api: { changes: "jobs", port: portOf(stack.url), method: "POST", path: "/submit-job", body: JOB },
    lambda: { changes: "jobs", port: portOf(stack.lambdaUrl), method: "POST", path: invocations, body: event },
    worker: { changes: "woken", port: portOf(await worker.url()), method: "POST", path: "/x/invocations", body: "{}" },
    gateway: {
      changes: "hits",
      port: portOf(stack.rest.url),
      method: "GET",
      path: `/incr/hits?_token=${stack.rest.token}`,
      body: "",
    },
  };
});
afterAll(async () => {
  worker?.kill("SIGTERM");
  await worker?.exited;
  stack?.giveBack();
});

describe("by raw sockets", () => {
  test.each(["api", "lambda", "worker", "gateway"] as const)(
    "every case has the right answer at the port %s",
    async (name) => {
      const { port, changes, method, path, body } = ports[name];
      const answers: [string, string | undefined, Raw][] = [];
      const before = (await seen())[changes]; // requests that other ports let in may still be on their way
      for (const each of CASES.filter(({ refused }) => refused))
        answers.push([each.name, each.refused, await rawly(port, `${method} ${path}`, headersOf(each, port), body)]);
      expect((await seen())[changes]).toEqual(before);
      for (const each of CASES.filter(({ refused }) => !refused))
        answers.push([each.name, undefined, await rawly(port, `${method} ${path}`, headersOf(each, port), body)]);
      for (const [, refused, { status, body: text }] of answers) {
        if (refused) expect([status, text]).toEqual([403, expect.stringContaining("forbidden_origin")]);
        else expect([200, 202, 415]).toContain(status); // a multipart body is not JSON
      }
      expect(answers).toHaveLength(CASES.length);
    },
  );

  test("a request that asks whether to send its body is refused, too", async () => {
    const { jobs, hits } = await seen();
    const headers = { host: "evil.example", expect: "100-continue", "content-type": "application/json" };
    for (const { port, method, path, body } of Object.values(ports))
      expect((await rawly(port, `${method} ${path}`, headers, body)).answer).toMatch(/^HTTP\/1\.1 403 /m);
    expect(await seen()).toMatchObject({ jobs, hits });
  });

  test("a refusal is a problem, and is logged", async () => {
    const { status, head, body } = await rawly(ports.api.port, "GET /jobs?limit=1", { host: "evil.example" });
    expect(status).toBe(403);
    expect(head).toMatch(/content-type: application\/problem\+json/i);
    expect(JSON.parse(body)).toMatchObject({ status: 403, code: "forbidden_origin", instance: "/jobs" });
    const said = '"event":"stranger_refused","because":"host","host":"evil.example"';
    await until(
      async () => stack.lines.some((line) => line.includes(said) && line.includes('"level":"warn"')),
      Boolean,
    );
  });
});

describe("from a page of another origin, in a browser", () => {
  let browser: Browser;
  let evil: Server;
  beforeAll(async () => {
    browser = await startBrowser("--host-resolver-rules=MAP *.example 127.0.0.1");
    const script = await readFile(join(import.meta.dirname, "../doors/page.js"), "utf8");
    evil = createServer((_, response) =>
      response.setHeader("content-type", "text/html").end(`<body><script>${script}</script>`),
    );
    await once(evil.listen(0, "127.0.0.1"), "listening");
  });
  afterAll(async () => {
    await browser?.close();
    evil?.closeAllConnections();
    evil?.close();
  });
  const targets = () =>
    Object.values(ports).map(({ port, path, body }) => ({ url: `http://127.0.0.1:${port}${path}`, body }));

  test.each(["evil.example", "127.0.0.1"])("a page from %s can change nothing and read nothing", async (host) => {
    const before = await seen();
    const there = `http://${host}:${(evil.address() as AddressInfo).port}/`;
    const answers: string[] = [];
    for (const target of targets()) {
      const { page, close } = await visit(browser, there);
      page.context().on("response", (answer) => {
        if (!answer.url().startsWith(there)) answers.push(`${answer.status()}`);
      });
      const got = (await page.evaluate(`attack(${JSON.stringify(target)})`)) as Record<string, string>;
      expect(Object.keys(got)).toHaveLength(5);
      expect(new Set(Object.values(got))).toEqual(new Set(["nothing"]));
      for (const enctype of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
        expect(await page.evaluate(`postForm(${JSON.stringify({ ...target, enctype })})`)).toBe("answered");
      // As a whole page, which the browser's own rules for private networks let through.
      const arrived = page.waitForResponse((answer) => answer.request().isNavigationRequest());
      await page.evaluate(`void setTimeout(() => { location.href = ${JSON.stringify(target.url)}; })`);
      expect((await arrived).status()).toBe(403);
      await close();
    }
    expect(answers.length).toBeGreaterThanOrEqual(4 * 7);
    expect(new Set(answers)).toEqual(new Set(["403"]));
    expect(await seen()).toEqual(before);
  });

  test("a page whose own name is made to point here can change nothing and read nothing", async () => {
    const before = await seen();
    const tab = await browser.newPage();
    onTestFinished(() => tab.close());
    for (const { port, path } of Object.values(ports)) {
      expect((await tab.goto(`http://rebound.example:${port}/`))!.status()).toBe(403);
      const init = { method: "POST", body: JOB, headers: { "content-type": "application/json" } };
      const asked = `fetch(${JSON.stringify(path)}, ${JSON.stringify(init)}).then(({ status }) => status)`;
      expect(await tab.evaluate(asked)).toBe(403);
    }
    expect(await seen()).toEqual(before);
  });

  test("the stack's own page can submit and read", async () => {
    const { page, close } = await visit(browser, `${stack.url}/`);
    onTestFinished(close);
    const init = { method: "POST", body: JOB, headers: { "content-type": "application/json" } };
    const asked = `fetch("/submit-job", ${JSON.stringify(init)}).then(({ status }) => status)`;
    expect(await page.evaluate(asked)).toBe(202);
    expect(await page.evaluate('fetch("/jobs").then(({ status }) => status)')).toBe(200);
  });
});

describe("with API_KEYS", () => {
  const OURS = ALLOWED_ORIGIN;
  let keyed: BorrowedStack;
  beforeAll(async () => {
    keyed = await borrowKeyedStack();
  });
  afterAll(() => keyed?.giveBack());

  test("keys decide who gets in, and CORS follows CORS_ORIGINS", async () => {
    const ask = (origin: string, method = "GET", more: Record<string, string> = sharedKeys.page.headers) =>
      rawly(Number(new URL(keyed.url).port), `${method} /jobs`, { host: "queue.example", origin, ...more });
    const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
    const named = ({ head }: Raw) =>
      head
        .split("\r\n")
        .filter((line) => /^access-control/i.test(line))
        .sort();

    expect((await ask(OURS, "GET", {})).status).toBe(401);
    const theirs = [await ask("https://evil.example"), await ask("https://evil.example", "OPTIONS", preflight)];
    expect(theirs.map(named)).toEqual([[], []]);
    const [ours, asked] = [await ask(OURS), await ask(OURS, "OPTIONS", preflight)];
    expect([ours.status, asked.status]).toEqual([200, 204]);
    expect(named(ours)).toEqual([
      expect.stringMatching(/allow-origin: https:\/\/app/),
      expect.stringMatching(/expose/),
    ]);
    const all = ["allow-headers", "allow-methods", "allow-origin", "expose-headers", "max-age"];
    expect(named(asked).map((line) => line.split(":")[0]!.toLowerCase().replace("access-control-", ""))).toEqual(all);
  });

  test("the port of the Invoke API knows no keys, so it lets no page in", async () => {
    const { port } = new URL(keyed.lambdaUrl);
    const headers = { host: `127.0.0.1:${port}`, origin: OURS };
    const { status } = await rawly(Number(port), `POST ${ports.lambda.path}`, headers, ports.lambda.body);
    expect(status).toBe(403);
  });
});
