import { expect, test } from "vitest";
import { readDoor } from "../../lib/config/config.ts";
import { strangerOf } from "../../lib/http/door.ts";
import { refusalOf } from "../../packages/redis-rest-local/src/door.ts";
import { CASES, headersOf } from "./cases.ts";

test.each(CASES)("$name: $refused", ({ refused, ...each }) => {
  const headers = headersOf(each, 3000);
  expect(strangerOf(headers, { hosts: [], origins: [] })).toBe(refused);
  if (refused === undefined) expect(refusalOf(headers, [])).toBeUndefined();
  else expect(refusalOf(headers, [])).toMatch(/^ERR forbidden_origin: /);
});

test("there are cases that are let in and cases of every refusal", () => {
  const count = (kind?: string) => CASES.filter(({ refused }) => refused === kind).length;
  expect([count(), count("host"), count("origin"), count("form")].every((many) => many >= 4)).toBe(true);
});

test("a listed name counts as this machine's, and its own pages are let in", () => {
  const headers = { host: "queue.lan:3000", origin: "http://queue.lan:3000" };
  expect(strangerOf(headers, { hosts: ["queue.lan"], origins: [] })).toBeUndefined();
  expect(refusalOf({ host: "Queue.lan:3000" }, ["queue.lan"])).toBeUndefined();
  expect(strangerOf({ host: "other.lan" }, { hosts: ["queue.lan"], origins: [] })).toBe("host");
  expect(refusalOf({ host: "other.lan" }, ["queue.lan"])).toMatch(/ALLOWED_HOSTS/);
});

test("a port that is open to a network accepts any name, but no pages", () => {
  const door = { hosts: "any", origins: [] } as const;
  expect(strangerOf({ host: "worker:3003" }, door)).toBeUndefined();
  expect(strangerOf({}, door)).toBeUndefined();
  expect(strangerOf({ host: "worker:3003", origin: "http://evil.example" }, door)).toBe("origin");
  expect(refusalOf({ host: "gateway:8079" }, "any")).toBeUndefined();
  expect(refusalOf({ host: "gateway:8079", origin: "http://evil.example" }, "any")).toMatch(/another origin/);
});

test("a listed origin is let in, whatever it sends and wherever it is", () => {
  const headers = { host: "127.0.0.1:3000", origin: "http://localhost:5173", "sec-fetch-site": "cross-site" };
  expect(strangerOf(headers, { hosts: [], origins: ["http://localhost:5173"] })).toBeUndefined();
  expect(strangerOf({ ...headers, "content-type": "text/plain" }, { hosts: [], origins: ["*"] })).toBeUndefined();
  expect(strangerOf(headers, { hosts: [], origins: ["http://localhost:5174"] })).toBe("origin");
  expect(strangerOf({ ...headers, host: "evil.example" }, { hosts: [], origins: ["*"] })).toBe("host");
});

test("ALLOWED_HOSTS is a list like other settings: an empty entry is an error", () => {
  expect(readDoor({ ALLOWED_HOSTS: " Queue.lan, worker [::1] " }).hosts).toEqual(["queue.lan", "worker", "[::1]"]);
  for (const ALLOWED_HOSTS of [",", "queue.lan,", "queue.lan,,worker"])
    expect(() => readDoor({ ALLOWED_HOSTS })).toThrow(/ALLOWED_HOSTS: expected at least one entry and no empty ones/);
});
