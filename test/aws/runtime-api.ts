import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Artifact } from "./artifacts.ts";
import { RUNTIME } from "./install.ts";

const CLIENT = join(RUNTIME, "node_modules/aws-lambda-ric/index.mjs");
/** The options with which Lambda starts Node: a function must not rely on what they turn off. */
const FLAGS = ["--no-experimental-require-module", "--no-experimental-detect-module"];

/** The end of an invocation. */
export type Outcome =
  | { how: "answered"; value: unknown }
  | { how: "failed"; error: { errorType: string; errorMessage: string } }
  /** `Runtime exited`: the process ended during the invocation. */
  | { how: "exited"; code: number | null }
  /** `Task timed out`: Lambda killed it at the deadline. */
  | { how: "timed out" };

export interface LambdaFunction {
  /** Time from the start of the process until it asked for the first event. */
  readonly initMs: number;
  readonly pid: number;
  /** Lines that it printed. */
  readonly logs: string[];
  /** Invokes the function once, and kills it when its time is over: `lifeMs`, or the function's timeout. */
  invoke(event: unknown, more?: { lifeMs?: number; trace?: string }): Promise<Outcome>;
  stop(): Promise<void>;
}

interface Invocation {
  id: string;
  event: string;
  deadline: number;
  trace: string | undefined;
  /** Resolves when the function has its event. */
  isHanded: boolean;
  end(outcome: Outcome): void;
}

/**
 * Runs a packaged function as Lambda does: AWS' runtime interface client in a new process, with the variables of the
 * template, behind a Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). Between invocations the
 * process is frozen.
 *
 * @throws Error when it cannot start, with what it told the Runtime API or printed
 */
export async function startFunction(
  artifact: Artifact,
  node: string,
  environment: Record<string, string> = {},
): Promise<LambdaFunction> {
  const api = await startRuntimeApi();
  const startedAt = performance.now();
  const child = spawn(node, [...FLAGS, "--require", join(RUNTIME, "native-client.cjs"), CLIENT], {
    cwd: artifact.folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...given(artifact, api.address), ...artifact.environment, ...environment },
  });
  const logs = linesOf(child);
  const exited = once(child, "close").then(([code]) => api.exited(code as number | null));
  async function stop(): Promise<void> {
    child.kill("SIGKILL");
    await exited;
    await api.close();
  }
  api.onIdle = () => child.kill("SIGSTOP");
  try {
    await api.ready;
  } catch (error) {
    await stop();
    throw new Error(`${artifact.name} did not start: ${(error as Error).message}\n${logs.join("\n")}`);
  }
  return {
    initMs: api.readyAt() - startedAt,
    pid: child.pid!,
    logs,
    stop,
    async invoke(event, { lifeMs = artifact.timeoutMs, trace } = {}) {
      child.kill("SIGCONT");
      const deadline = Date.now() + lifeMs;
      let isOver = false;
      const timer = setTimeout(() => {
        isOver = true;
        child.kill("SIGKILL");
      }, lifeMs);
      const outcome = await api.invoke({ id: randomUUID(), event: JSON.stringify(event), deadline, trace });
      clearTimeout(timer);
      return isOver && outcome.how === "exited" ? { how: "timed out" } : outcome;
    },
  };
}

/** What Lambda sets (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), with invented credentials. */
function given(artifact: Artifact, api: string): Record<string, string> {
  return {
    AWS_LAMBDA_RUNTIME_API: api,
    _HANDLER: artifact.handler,
    LAMBDA_TASK_ROOT: artifact.folder,
    AWS_LAMBDA_FUNCTION_NAME: artifact.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(artifact.memoryMb),
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${artifact.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: "2026/[$LATEST]",
    AWS_REGION: "eu-west-1",
    AWS_ACCESS_KEY_ID: "ASIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "a-secret",
    TZ: ":UTC",
    AWS_SESSION_TOKEN: "a-session",
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "en_US.UTF-8",
    // Makes the client ask for events in plain JavaScript: see runtime/native-client.cjs.
    AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: "true",
  };
}

function linesOf(child: ChildProcess): string[] {
  const lines: string[] = [];
  for (const output of [child.stdout!, child.stderr!])
    createInterface({ input: output }).on("line", (line) => lines.push(line));
  return lines;
}

async function startRuntimeApi() {
  let readyAt = 0;
  let running: Invocation | undefined;
  let waiting: ServerResponse | undefined;
  let onIdle = () => {};
  let started!: () => void;
  let failed!: (error: Error) => void;
  const ready = new Promise<void>((resolve, reject) => {
    started = resolve;
    failed = reject;
  });

  const server = createServer((request, response) => {
    receive(request, response).catch((error: Error) => response.destroy(error));
  });
  async function receive(request: IncomingMessage, response: ServerResponse) {
    const [, , what, id, how] = request.url!.slice(1).split("/");
    if (what === "invocation" && id === "next") {
      readyAt ||= performance.now();
      waiting = response;
      started();
      return hand();
    }
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    response.writeHead(202, { "content-type": "application/json" }).end('{"status":"OK"}');
    if (what === "init") return failed(new Error(body));
    if (running?.id !== id) throw new Error(`an answer to ${id}, which nobody asked`);
    end(how === "error" ? { how: "failed", error: JSON.parse(body) } : { how: "answered", value: JSON.parse(body) });
  }

  function end(outcome: Outcome) {
    const ended = running;
    running = undefined;
    hand();
    ended?.end(outcome);
  }

  /** Hands the event to the function that waits for it. Without one the function may sleep. */
  function hand() {
    if (waiting && !running) return onIdle();
    if (!waiting || !running || running.isHanded) return;
    running.isHanded = true;
    const { id, event, deadline, trace } = running;
    waiting.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": id,
      "lambda-runtime-deadline-ms": String(deadline),
      ...(trace ? { "lambda-runtime-trace-id": trace } : {}),
      "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-west-1:123456789012:function:tested",
    });
    waiting.end(event);
    waiting = undefined;
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    ready,
    readyAt: () => readyAt,
    set onIdle(listener: () => void) {
      onIdle = listener;
    },
    invoke(invocation: Omit<Invocation, "isHanded" | "end">): Promise<Outcome> {
      return new Promise((resolve) => {
        running = { ...invocation, isHanded: false, end: resolve };
        hand();
      });
    },
    exited(code: number | null) {
      waiting = undefined;
      failed(new Error(`it exited with ${code}`));
      end({ how: "exited", code });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
