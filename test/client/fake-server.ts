import { vi } from "vitest";
import { type ClientOptions, createClient } from "../../client/index.ts";

interface Sent {
  method: string;
  url: string;
  headers: Headers;
  body: unknown;
  /** Ms since the first request. */
  afterMs: number;
}

type Answer = Response | Error | "hangs" | ((sent: Sent) => Response);

/** A client whose requests get the given answers in turn, and the last one from then on. Needs fake timers. */
export function fakeServer(answers: Answer[], options: Partial<ClientOptions> = {}) {
  const sent: Sent[] = [];
  const begin = performance.now();
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const body = init.body === undefined ? undefined : (JSON.parse(String(init.body)) as unknown);
    const request = { url, body, method: init.method!, headers: new Headers(init.headers) };
    sent.push({ ...request, afterMs: performance.now() - begin });
    const answer = answers[Math.min(sent.length, answers.length) - 1]!;
    if (answer === "hangs") return new Promise(() => {}); // even an abort is ignored
    if (answer instanceof Error) throw answer;
    return answer instanceof Response ? answer.clone() : answer(sent.at(-1)!);
  };
  return { sent, client: createClient({ url: "https://queue.example", fetch, ...options }) };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return json(status, { status, code, detail: `this is ${code}` }, headers);
}

export const ID = "0190c0de-0000-4000-8000-000000000001";
export const accepted = json(202, { job_id: ID });

export function job(
  status: string,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Response {
  const finished = ["completed", "failed", "cancelled"].includes(status);
  const record = {
    job_id: ID,
    task: "t",
    status,
    retries: 0,
    max_retries: 3,
    priority: "normal",
    attempts: [],
    created_at: "2030-01-31T12:00:00.000Z",
    ...(finished ? { finished_at: "2030-01-31T12:00:01.000Z" } : {}),
    ...more,
  };
  return json(200, record, finished ? headers : { "retry-after": "1", ...headers });
}

/** Runs the call to its end while fake time runs as fast as it can. */
export async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  const outcome = call.catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  return outcome;
}
