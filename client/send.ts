import { type ApiAnswer, answerOf } from "./answer.ts";
import { WakeqError, WakeqNetworkError } from "./errors.ts";
import { limit, pause, unlessAborted } from "./limit.ts";
import type { ClientOptions } from "./options.ts";

/** One request, to be sent as often as it takes. */
export interface ApiCall {
  /** Path and query. */
  path: string;
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  idempotencyKey?: string;
  traceparent?: string | undefined;
  /** A field that the answer must have: an answer without it did not come from wakeq. */
  has: string;
  /** How long the server is asked to hold the request open. */
  waitSeconds?: number | undefined;
  /** The number of resends, in place of the client's setting. */
  retries?: number;
  signal?: AbortSignal | undefined;
}

/** Sends one call. @throws WakeqError, WakeqNetworkError or the reason of the call's signal */
export type Send = (call: ApiCall) => Promise<ApiAnswer>;

/** The limit for one try. Every call is safe to send again, so there is no need to sit out a gateway's own 30 s. */
const TRY_MS = 10_000;
const FIRST_BACKOFF_MS = 250;
const LAST_BACKOFF_MS = 5_000;
/** The statuses that another try may cure. A 500 is a fault that another try would hit again. */
const PASSING = [429, 502, 503, 504];

const globalFetch: NonNullable<ClientOptions["fetch"]> = (url, init) => globalThis.fetch(url, init);

/**
 * Makes the function that sends calls to one API. It resends a call if that may help: after a backoff with jitter, never
 * before `Retry-After`, and not at all if that would pass the time limit.
 */
export function createSend({ url, key, fetch = globalFetch, timeoutMs = 30_000, retries = 4 }: ClientOptions): Send {
  const base = url.replace(/\/+$/, "");

  return async (call) => {
    const target = base + call.path;
    // Made once, before the first try: a request that cannot be built is no network failure, and a resend must be identical.
    const init = initOf(call, key);
    const heldMs = (call.waitSeconds ?? 0) * 1_000;
    let failure: WakeqError | WakeqNetworkError | undefined;
    let lostReply = false;
    const overall = limit(timeoutMs + heldMs, () => failure ?? noAnswer(target, timeoutMs + heldMs), call.signal);
    try {
      for (let resends = 0; ; resends++) {
        overall.signal.throwIfAborted();
        try {
          const [response, text] = await once(fetch, target, init, TRY_MS + heldMs, overall.signal);
          return answerOf(response, text, call.has, lostReply);
        } catch (error) {
          overall.signal.throwIfAborted();
          if (!mayPass(error)) throw error;
          failure = error;
          lostReply ||= !(error instanceof WakeqError) || error.status !== 429;
          const pauseMs = backoffMs(resends) + 1_000 * ((error instanceof WakeqError && error.retryAfterSeconds) || 0);
          if (resends >= (call.retries ?? retries) || pauseMs > overall.leftMs()) throw error;
          await pause(pauseMs, overall.signal);
        }
      }
    } finally {
      overall.clear();
    }
  };
}

function initOf({ method = "GET", body, idempotencyKey, traceparent }: ApiCall, key: string | undefined): RequestInit {
  const headers = new Headers({ accept: "application/json" });
  if (key) headers.set("authorization", `Bearer ${key}`);
  if (idempotencyKey !== undefined) headers.set("idempotency-key", idempotencyKey);
  if (traceparent) headers.set("traceparent", traceparent);
  if (!body) return { method, headers };
  headers.set("content-type", "application/json");
  return { method, headers, body: JSON.stringify(body) };
}

/** Sends a call once. @throws WakeqNetworkError if no answer came, or only a part of it; the reason of `outer` if it aborts */
async function once(
  fetch: NonNullable<ClientOptions["fetch"]>,
  target: string,
  init: RequestInit,
  ms: number,
  outer: AbortSignal,
): Promise<[Response, string]> {
  const { signal, clear } = limit(ms, () => noAnswer(target, ms), outer);
  const exchange = async (): Promise<[Response, string]> => {
    const response = await fetch(target, { ...init, signal });
    return [response, await response.text()];
  };
  try {
    return await unlessAborted(signal, exchange());
  } catch (cause) {
    signal.throwIfAborted();
    throw new WakeqNetworkError(`no answer from ${target}: ${cause}`, { cause });
  } finally {
    clear();
  }
}

function noAnswer(target: string, ms: number): WakeqNetworkError {
  return new WakeqNetworkError(`no answer from ${target} within ${ms} ms`);
}

function mayPass(error: unknown): error is WakeqError | WakeqNetworkError {
  return error instanceof WakeqError ? PASSING.includes(error.status) : error instanceof WakeqNetworkError;
}

function backoffMs(resends: number): number {
  return Math.min(LAST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** resends) * (0.5 + Math.random() / 2);
}
