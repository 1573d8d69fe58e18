import { execFile } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { describe, inject } from "vitest";
import { nodes } from "../aws/install.ts";
import { type LambdaFunction, startFunction } from "../aws/runtime-api.ts";
import { eventOf } from "../support/api.ts";
import { blackBox } from "./black-box.ts";
import type { RunningApp } from "./program.ts";

interface Result {
  statusCode: number;
  headers?: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
}

const WORKER = "example-worker";

/** Builds the functions, and runs them as Lambda does: behind API Gateway, the Invoke API and AWS' runtime interface client. */
async function startLambda(folder: string, { PORT: _, ...environment }: Record<string, string>): Promise<RunningApp> {
  await promisify(execFile)("npm", ["run", "build"], { cwd: folder });
  const server = createServer((request, response) => {
    receive(request, response).catch((error: Error) => response.destroy(error));
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { ...environment, WORKER_FUNCTION_NAME: WORKER, AWS_ENDPOINT_URL_LAMBDA: origin };
  const api = instancesOf(folder, "api", settings);
  const worker = instancesOf(folder, "worker", settings);

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = "", url = "" } = request;
    if (url === `/2015-03-31/functions/${WORKER}/invocations`) {
      response.writeHead(202).end();
      await worker.invoke(JSON.parse(body.toString()));
      return;
    }
    const headers = request.headers as Record<string, string>;
    const sent = { method, path: url, headers, ...(body.length > 0 ? { body } : {}) };
    const result = (await api.invoke(eventOf(sent))) as Result;
    const encoding = result.isBase64Encoded ? "base64" : "utf8";
    response.writeHead(result.statusCode, result.headers).end(Buffer.from(result.body ?? "", encoding));
  }

  return {
    url: `${origin}/queue`,
    /** As a deploy: what runs goes on until its end, then no more is invoked. */
    async stop() {
      await worker.stop();
      await api.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The instances of a function. Each has one invocation at a time, as on Lambda: if all are busy, another one starts. */
function instancesOf(folder: string, name: string, environment: Record<string, string>) {
  const artifact = {
    name,
    folder,
    handler: `dist/${name}.handler`,
    functionName: `example-${name}`,
    timeoutMs: name === "api" ? 29_000 : 120_000,
    memoryMb: 512,
    environment,
    routes: [],
    zipBytes: 0,
  };
  const idle: LambdaFunction[] = [];
  const all: LambdaFunction[] = [];
  const running = new Set<Promise<unknown>>();

  async function invoked(event: unknown): Promise<unknown> {
    const instance = idle.pop() ?? (await startFunction(artifact, nodes().at(-1)!.path));
    if (!all.includes(instance)) all.push(instance);
    const outcome = await instance.invoke(event);
    if (outcome.how !== "answered") throw new Error(`${name}: ${JSON.stringify(outcome)}\n${instance.logs.join("\n")}`);
    idle.push(instance);
    return outcome.value;
  }

  return {
    invoke(event: unknown): Promise<unknown> {
      const invocation = invoked(event).finally(() => running.delete(invocation));
      running.add(invocation);
      return invocation;
    },
    async stop(): Promise<void> {
      while (running.size > 0) await Promise.allSettled(running);
      for (const instance of all) await instance.stop();
    },
  };
}

describe.runIf(inject("runtimeClient"))("under AWS' runtime client", () => {
  blackBox("lambda", { start: startLambda });
});
