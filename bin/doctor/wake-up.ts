import * as http from "node:http";
import * as https from "node:https";
import type { Config } from "../../lib/config/config.ts";
import { sign } from "../../lib/config/sigv4.ts";
import { describe } from "../../lib/errors.ts";
import { cut } from "../../lib/text.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { AWS_CREDENTIALS } from "./settings.ts";

const TIMEOUT_MS = 10_000;

/**
 * Checks whether a wake-up arrives. It invokes the worker as its schedule does each minute, but waits for the answer, which
 * tells whether the worker reaches the database. With an empty queue this costs one command.
 */
export async function checkWakeUp(
  { lambda }: Pick<Config, "lambda">,
  isLocalStack: boolean,
  timeoutMs = TIMEOUT_MS,
): Promise<Finding> {
  const { functionName, credentials } = lambda;
  if (functionName === undefined)
    return warn(
      "wake-up",
      "WORKER_FUNCTION_NAME is not set: no worker can be woken from here, and jobs wait for the next tick",
      "set WORKER_FUNCTION_NAME=wakeq-STAGE-worker (see serverless.yml); for npm run worker also AWS_ENDPOINT_URL_LAMBDA",
    );
  if (isAws(lambda.endpoint) && credentials.accessKeyId === "")
    return warn(
      "wake-up",
      "no AWS credentials here, so it cannot be tried; the deployed functions have their own",
      AWS_CREDENTIALS,
    );
  try {
    return finding(await invoke(lambda, functionName, timeoutMs), functionName);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ETIMEDOUT")
      return ok("wake-up", `it arrived: ${functionName} is still at work after ${timeoutMs} ms`);
    const seen = `no way to ${lambda.endpoint}: ${code === "ECONNREFUSED" ? "nothing listens there" : describe(error).message}`;
    const start = isLocalStack ? "npm start, in another terminal" : "npm run worker, or npm start";
    return fail("wake-up", seen, isAws(lambda.endpoint) ? "check AWS_REGION and the network" : start);
  }
}

function isAws(endpoint: string): boolean {
  return new URL(endpoint).hostname.endsWith(".amazonaws.com");
}

interface LambdaAnswer {
  status: number;
  failed: boolean;
  text: string;
}

function finding({ status, failed, text }: LambdaAnswer, name: string): Finding {
  const short = cut(text, 200);
  if (status === 202) return ok("wake-up", `accepted by ${name}`);
  if (status === 404)
    return fail(
      "wake-up",
      `there is no function ${name}`,
      "deploy first; check that WORKER_FUNCTION_NAME has the right stage",
    );
  if (status === 401 || status === 403)
    return fail(
      "wake-up",
      `refused (${status}): ${short}`,
      "give these credentials lambda:InvokeFunction on the worker; renew an expired session; correct this machine's clock if it is wrong",
    );
  if (status !== 200) return fail("wake-up", `answered with ${status}: ${short}`, "see the worker's log");
  const stopped = stoppedOf(text);
  if (failed || stopped === undefined)
    return fail(
      "wake-up",
      `${name} started and failed: ${short}`,
      "see its log: npx sls logs -f worker, or what npm start prints",
    );
  if (stopped === "unreachable")
    return fail(
      "wake-up",
      `${name} ran, but cannot reach its database`,
      "check the worker's own UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN",
    );
  return ok("wake-up", `${name} came, looked and ended (${stopped})`);
}

/** Reads why a worker stopped from its summary (`lib/worker/drain.ts`). */
function stoppedOf(text: string): string | undefined {
  try {
    const { stopped } = JSON.parse(text) as { stopped?: unknown };
    return typeof stopped === "string" ? stopped : undefined;
  } catch {
    return undefined;
  }
}

/** Invokes the worker and waits for its answer. @throws Error `ETIMEDOUT` if the worker was reached and is still at work */
function invoke(
  { endpoint, region, credentials }: Config["lambda"],
  functionName: string,
  timeoutMs: number,
): Promise<LambdaAnswer> {
  const { protocol, host, hostname, port } = new URL(endpoint);
  const method = "POST";
  const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
  const body = '{"source":"tick"}';
  const given = { "content-type": "application/json", "x-amz-invocation-type": "RequestResponse" };
  const headers = sign({ method, host, path, body, headers: given }, { service: "lambda", region }, credentials);
  return new Promise((resolve, reject) => {
    const options = { host: hostname.replace(/^\[|\]$/g, ""), port, path, method, headers, timeout: timeoutMs };
    const sent = (protocol === "https:" ? https : http).request(options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, failed: "x-amz-function-error" in answer.headers, text }),
      );
    });
    sent.on("error", reject);
    sent.on("timeout", () => {
      const connected = sent.socket?.connecting === false;
      sent.destroy(Object.assign(new Error("no connection"), connected ? { code: "ETIMEDOUT" } : {}));
    });
    sent.end(body);
  });
}
