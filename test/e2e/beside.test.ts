import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { announce } from "../../local/stack-file.ts";
import { temporaryService } from "../support/service-copy.ts";

let service: Awaited<ReturnType<typeof temporaryService>>;
let dataDir: string;
beforeAll(async () => {
  service = await temporaryService();
  dataDir = await mkdtemp(join(tmpdir(), "wakeq-beside-"));
});
afterAll(async () => {
  await service?.remove();
  await rm(dataDir, { recursive: true, force: true });
});

/** Runs one of our commands, with only a data folder in its environment. */
function run(command: string[], more: Record<string, string> = {}) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, LOCAL_DATA_DIR: dataDir, ...more };
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(process.execPath, command, { cwd: service.folder, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    );
  });
}
const TSX = ["--import", "tsx", "--import", "./local/text-assets.mjs"];
const invoke = (name: string, event: object = {}) => [
  "node_modules/serverless/bin/serverless.js",
  "invoke",
  "local",
  "-f",
  name,
  "-d",
  JSON.stringify(event),
];

describe("without a running stack", () => {
  test("sls invoke local says so before it builds anything, and exits with 1", async () => {
    const { code, output } = await run(invoke("worker"));
    expect(output).toContain("no local stack runs here, so there is no database: run npm start in another terminal");
    expect(code).toBe(1);
    expect((await readdir(service.folder)).filter((name) => name.startsWith(".esbuild"))).toEqual([]);
  });

  test("sls invoke local answers a route that needs no database, once a database is named", async () => {
    const event = { rawPath: "/openapi.json", requestContext: { http: { method: "GET" } } };
    const nobody = { UPSTASH_REDIS_REST_URL: "http://127.0.0.1:1", UPSTASH_REDIS_REST_TOKEN: "none" };
    const { code, output } = await run(invoke("api", event), nobody);
    expect(output).toContain('"statusCode": 200');
    expect(code).toBe(0);
  });

  test("npm run worker says which settings are missing", async () => {
    const { code, output } = await run([...TSX, "bin/worker.ts"]);
    expect(output).toContain("no database is set, and no npm start runs beside this");
    expect(output).toContain("UPSTASH_REDIS_REST_URL: expected");
    expect(code).toBe(1);
  });
});

test("npm run demo finds the stack by its note, whatever its port", async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.statusCode = 503;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(await announce(dataDir, { pid: process.pid, api: url, lambda: url, rest: { url, token: "t" } }));
  const { code, output } = await run(["--import", "tsx", "bin/demo.ts", "--jobs", "1"]);
  expect(output).toContain("submit was answered with 503");
  expect(asked).toEqual(["POST /submit-job"]);
  expect(code).toBe(1);
});
