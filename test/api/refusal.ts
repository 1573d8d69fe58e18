import { expect } from "vitest";
import { problems } from "../../lib/errors.ts";
import { apiKey } from "../support/api.ts";
import type { Sent } from "../support/request.ts";
import type { Bad } from "./bad-requests.ts";

/** Makes a key for each kind of caller, and the setting that accepts them. */
export function callers() {
  const keys = { admin: apiKey("ops", "admin"), submit: apiKey("web", "submit"), read: apiKey("eye", "read") };
  const entries = Object.values(keys).map(({ entry }) => entry);
  return { keys, API_KEYS: entries.join(",") };
}

/** Adds the key of its caller to a request. */
export function sentBy(keys: Record<"admin" | "submit" | "read", Pick<Sent, "headers">>): (bad: Bad) => Sent {
  return ({ what: _, as = "admin", code: _code, pointers: _pointers, ways: _ways, headers, ...sent }) => ({
    ...sent,
    headers: { ...(as === "nobody" ? {} : keys[as].headers), ...headers },
  });
}

interface Refusal {
  status: number;
  headers: Record<string, string>;
  text: string;
}

/** Expects the refusal that the table names: short, and with nothing about our internals. */
export function mustRefuse({ code, pointers = [], path }: Bad, { status, headers, text }: Refusal) {
  if (code === "gateway") {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    return;
  }
  expect(text.length).toBeLessThan(50_000);
  expect(headers["content-type"]).toMatch(/^application\/problem\+json\b/);
  expect(headers["cache-control"]).toMatch(/no-(store|cache)/);
  const { errors = [], ...problem } = JSON.parse(text) as Record<string, unknown> & { errors?: { pointer: string }[] };
  const { status: expected, title } = problems[code];
  expect(problem).toEqual({
    code,
    title,
    status: expected,
    type: `/problems/${code}`,
    detail: expect.stringMatching(/\S/),
    instance: expect.stringMatching(/^\//),
  });
  expect(status).toBe(expected);
  expect(errors.map(({ pointer }) => pointer)).toEqual(pointers);
  expect(text).not.toMatch(/node_modules|\.ts:|\bat async\b/);
  if (expected === 401) expect(headers["www-authenticate"]).toBe("Bearer");
  expect(path).toBeTruthy();
}
