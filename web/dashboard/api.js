import { byId, h } from "./dom.js";
import { write } from "./exact.js";

const KEY = "wakeq-key";

/** The error of a call that was answered with a problem (RFC 9457), or not at all (status 0). */
export class Refused extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
  }
}

/** The API key, kept for this session. */
export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

let sent = 0;

/** Returns how many requests this page has sent. */
export const requestsSent = () => sent;

/**
 * Calls the API. `body` may hold values from `read` in exact.js.
 *
 * @returns the answer, and its `text` as it came; undefined where it has not changed since `etag`
 * @throws Refused
 */
export async function call(method, path, { body, etag } = {}) {
  sent++;
  const headers = {
    ...(key.get() ? { authorization: `Bearer ${key.get()}` } : {}),
    ...(body === undefined ? {} : { "content-type": "application/json", "idempotency-key": crypto.randomUUID() }),
    ...(etag === undefined ? {} : { "if-none-match": etag }),
  };
  let response;
  try {
    response = await fetch(path, { method, headers, ...(body === undefined ? {} : { body: write(body) }) });
  } catch {
    throw new Refused({
      status: 0,
      title: "The API does not answer",
      detail: "The next refresh tries again.",
    });
  }
  if (response.status === 304) return undefined;
  const text = await response.text().catch(() => "");
  const answer = parsed(text);
  if (!response.ok) throw new Refused({ title: `Status ${response.status}`, ...answer, status: response.status });
  return { answer, text, etag: response.headers.get("etag") ?? undefined };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Shows at the top of the page what went wrong; without a fault, hides that. */
export function banner(fault) {
  const place = byId("banner");
  place.hidden = fault === undefined;
  if (fault === undefined) return;
  if (!(fault instanceof Refused)) throw fault;
  const { title, detail, type, status } = fault.problem;
  const [, page] = /\/(problems\/\w+)$/.exec(type ?? "") ?? [];
  const more = page ? h("a", { href: page }, "What to do") : undefined;
  const words = status === 401 ? "Give an API key above." : (detail ?? "");
  place.replaceChildren(h("strong", {}, `${title}. `), `${words} `, ...(more ? [more] : []));
}
