import { write } from "./exact.ts";
import type { ApiProblem, KeyScope } from "./shapes.ts";

const KEY = "wakeq-key";

/** The error of a call that was answered with a problem, or not at all. */
export class Refused extends Error {
  readonly problem: ApiProblem;

  constructor(problem: ApiProblem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

/** The API key, kept for this session. */
export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value: string) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

/** An answer, and its text as it came. `may`: the caller's scopes, where the answer names them. */
export interface Answered {
  answer: unknown;
  text: string;
  etag?: string | undefined;
  may?: KeyScope[] | undefined;
}

interface PageCall {
  /** May hold values from `read` in exact.ts. */
  body?: unknown;
  etag?: string | undefined;
}

let sent = 0;

/** Returns how many requests this page has sent. */
export const requestsSent = () => sent;

/**
 * Calls the API under the path where the page itself is mounted. Undefined: nothing has changed since `etag`.
 *
 * @throws Refused
 */
export async function call(method: string, path: string, { body, etag }: PageCall = {}): Promise<Answered | undefined> {
  sent++;
  const headers = {
    ...(key.get() ? { authorization: `Bearer ${key.get()}` } : {}),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(method === "POST" ? { "idempotency-key": crypto.randomUUID() } : {}),
    ...(etag === undefined ? {} : { "if-none-match": etag }),
  };
  const response = await fetched(path, { method, headers, ...(body === undefined ? {} : { body: write(body) }) });
  if (response.status === 304) return undefined;
  const text = await response.text().catch(() => "");
  const answer = parsed(text);
  const { status } = response;
  if (!response.ok) throw new Refused({ title: `Status ${status}`, ...(answer as Partial<ApiProblem>), status });
  if (answer === undefined) throw new Refused({ ...NOT_THE_API, status });
  const may = response.headers.get("wakeq-may")?.split(" ") as KeyScope[] | undefined;
  return { answer, text, etag: response.headers.get("etag") ?? undefined, may };
}

/** Calls the API for what it always answers: a command, or what is fetched once. @throws Refused */
export async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answered = await call(method, path, body === undefined ? {} : { body });
  return answered?.answer as T;
}

async function fetched(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch {
    throw new Refused({ status: 0, title: "The API does not answer", detail: "This page keeps trying." });
  }
}

/** A proxy in front of the API answers for it, such as with its login page. */
const NOT_THE_API = {
  title: "Not an answer of the API",
  detail: "Something in front of it answered in its place. If that is a login page, reload this page and sign in.",
};

/** Returns the value of a text that is JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
