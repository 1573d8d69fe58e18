import { type AwsCredentials, sign } from "../config/sigv4.ts";
import { describe } from "../errors.ts";
import { exchange } from "../exchange.ts";
import type { Log } from "../observability/log.ts";
import { cut } from "../text.ts";

/** The worker's Lambda function, and how to reach it. Locally serverless-offline is the endpoint. */
export interface LambdaSettings {
  /** Absent: nobody is woken, the tick finds the jobs. */
  functionName: string | undefined;
  region: string;
  /** http(s)://host[:port] */
  endpoint: string;
  credentials: AwsCredentials;
}

/** What an invocation tells a worker. `depth` counts the invocations in a chain, each started by the one before. */
export interface WakeEvent {
  source: "submit" | "redrive" | "run_now" | "resume" | "backlog" | "hand_over" | "unknown_task";
  depth: number;
}

/**
 * Tells whether a caller made a job ready. Every other source is a worker that wants help or must end: one more in the same process
 * would not help, and nobody could stop it.
 */
export function isOfCaller({ source }: { source: string }): boolean {
  return ["submit", "redrive", "run_now", "resume"].includes(source);
}

/**
 * Chains of invocations end here; the tick goes on. Lambda itself would end one after about 16
 * (https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html).
 */
export const MAX_DEPTH = 10;

const TIMEOUT_MS = 3_000;

/**
 * Makes the function that starts a worker, with one asynchronous Invoke call. A wake-up is a hint: a failure is logged, and the
 * tick repairs it, so the function never throws. `said` is the caller's own log. `trace` gives the X-Ray header of the running
 * invocation, by which Lambda sees a loop.
 */
export function createWake(settings: LambdaSettings, log: Log, trace: () => string | undefined = () => undefined) {
  return async (event: WakeEvent, said = log): Promise<void> => {
    if (settings.functionName === undefined || event.depth > MAX_DEPTH) return;
    try {
      await invoke(settings, settings.functionName, JSON.stringify(event), trace());
      said("debug", "wake", { ...event });
    } catch (error) {
      said("warn", "wake_failed", { ...event, ...describe(error) });
    }
  };
}

/** Wakes a worker. Never throws. */
export type Wake = ReturnType<typeof createWake>;

async function invoke(
  { endpoint, region, credentials }: LambdaSettings,
  functionName: string,
  body: string,
  trace: string | undefined,
): Promise<void> {
  const base = new URL(endpoint);
  const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
  const given = {
    "content-type": "application/json",
    "x-amz-invocation-type": "Event",
    ...(trace === undefined ? {} : { "x-amzn-trace-id": trace }),
  };
  const request = { method: "POST", host: base.host, path, body, headers: given };
  const headers = sign(request, { service: "lambda", region }, credentials);
  const { status, text } = await exchange(base, { path, headers, body }, TIMEOUT_MS);
  if (status !== 202) throw new Error(`the Invoke call was answered with ${status}: ${cut(text, 300)}`);
}
