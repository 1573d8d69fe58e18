import { execFile } from "node:child_process";
import * as crypto from "node:crypto";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { parseApiKeys } from "../../lib/config/api-keys.ts";
import type { Scope } from "../../lib/config/scopes.ts";
import { authorize } from "../../lib/http/auth.ts";
import { aimedAt, apiKey, get, post, useApi } from "../support/api.ts";
import type { Sent } from "../support/request.ts";
import { routes } from "../support/routes.ts";
import { logged } from "../support/stderr.ts";

vi.mock("node:crypto", { spy: true });
const api = useApi();
const ID = crypto.randomUUID();

/** For each route a request that is valid except for its key, and the scopes that it lets in. */
const requests: [string, Sent, ...Scope[]][] = [
  ["submitJob", post("/submit-job", { task: "note" }), "submit", "admin"],
  ["submitJobs", post("/submit-jobs", { jobs: [{ task: "note" }] }), "submit", "admin"],
  ["jobStatus", get(`/job-status/${ID}`), "read", "admin"],
  ["listJobs", get("/jobs"), "read", "admin"],
  ["queueStats", get("/queue-stats"), "read", "admin"],
  ["listSchedules", get("/schedules"), "read", "admin"],
  ["getSchedule", get("/schedules/nightly"), "read", "admin"],
  ["putSchedule", { ...post("/schedules/nightly", { task: "note", every: "15m" }), method: "PUT" }, "admin"],
  ["deleteSchedule", { method: "DELETE", path: "/schedules/nightly", headers: {} }, "admin"],
  ["runSchedule", post("/schedules/nightly/run"), "admin"],
  ["history", get("/history?range=day"), "read", "admin"],
  ["metrics", get("/metrics"), "read", "admin"],
  ["pause", post("/pause", {}), "admin"],
  ["resume", post("/resume", {}), "admin"],
  ["cancelJob", post(`/cancel-job/${ID}`), "admin"],
  ["retryJob", post(`/retry-job/${ID}`), "admin"],
  ["runJob", post(`/run-job/${ID}`), "admin"],
  ["deleteJob", { method: "DELETE", path: `/jobs/${ID}`, headers: {} }, "admin"],
  ["retryJobs", post("/retry-jobs", { status: "failed" }), "admin"],
  ["deleteJobs", post("/delete-jobs", { status: "failed" }), "admin"],
  ["failures", get("/failures"), "read", "admin"],
  ["pulse", get("/pulse"), "read", "admin"],
  ["health", get("/health")],
  ["openapi", get("/openapi.json"), "submit", "read", "admin"],
];

describe("scopes", () => {
  test("the table covers every route", () => {
    expect(requests.map(([name]) => name).sort()).toEqual(Object.keys(routes).sort());
  });

  test.each(requests)("%s lets in the keys that it should, and no others", async (_, sent, ...allowed) => {
    const keys = (["submit", "read", "admin"] as const).map((scope) => ({ scope, ...apiKey(`a-${scope}`, scope) }));
    const deployed = await api.deploy({ API_KEYS: keys.map(({ entry }) => entry).join(" ") });
    const open = allowed.length === 0;
    for (const { scope, headers } of keys) {
      const answer = await deployed.call({ ...sent, headers: { ...sent.headers, ...headers } });
      if (open || allowed.includes(scope))
        expect([200, 201, 202, 404], `${scope}: ${answer.text}`).toContain(answer.status);
      else
        expect(answer).toMatchObject({
          status: 403,
          body: { code: "forbidden", detail: expect.stringContaining(scope) },
        });
    }
    const nobody = await deployed.call(sent);
    if (open) expect(nobody.status).toBe(200);
    else expect(nobody).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
  });

  test.each<[string, number, number]>([
    ["", 401, 200],
    ["key", 401, 200],
    ["open", 200, 200],
    ["off", 404, 404],
    ["locked", 503, 503],
  ])("with DOCS=%s the API description is a %i without a key and a %i with one", async (DOCS, without, withKey) => {
    const { headers, entry } = apiKey("a", "submit");
    const deployed = await api.deploy({ API_KEYS: entry, DOCS });
    expect((await deployed.call(get("/openapi.json"))).status).toBe(without);
    const answer = await deployed.call(get("/openapi.json", headers));
    expect(answer.status).toBe(withKey);
    if (answer.status !== 200) expect(answer.text).not.toContain("NotePayload");
  });

  test("a local stack without keys shows its API description, unless DOCS is off", async () => {
    const status = async (DOCS: string) =>
      (await (await api.deploy({ IS_OFFLINE: "true", DOCS })).call(get("/openapi.json"))).status;
    expect([await status("key"), await status("open"), await status("off")]).toEqual([200, 200, 404]);
  });

  test("one key may have several scopes", async () => {
    const both = apiKey("both", "submit+read");
    const deployed = await api.deploy({ API_KEYS: both.entry });
    const { status, body } = await deployed.call(post("/submit-job", { task: "note" }, both.headers));
    expect(status).toBe(202);
    expect((await deployed.call(get(`/job-status/${body.job_id}`, both.headers))).status).toBe(200);
    expect((await deployed.call(post(`/cancel-job/${body.job_id}`, undefined, both.headers))).status).toBe(403);
  });
});

describe("keys", () => {
  test("an old and a new key work side by side during a rotation, and the old one is refused after it", async () => {
    const [old, young] = [apiKey("ci", "submit"), apiKey("ci", "submit")];
    const send = async (API_KEYS: string, { headers }: typeof old) =>
      (await (await api.deploy({ API_KEYS })).call(post("/submit-job", { task: "note" }, headers))).status;
    const both = ` ${old.entry},\n  ${young.entry}\n`;
    expect([await send(both, old), await send(both, young)]).toEqual([202, 202]);
    expect([await send(young.entry, old), await send(young.entry, young)]).toEqual([401, 202]);
  });

  test.each([
    ["bearer KEY", true],
    ["BEARER   KEY", true],
    ["Bearer KEYx", false],
    ["Bearer  ", false],
    ["Bearer KEY ", false],
    ["Bearer KEY, Bearer KEY", false],
    ["Basic KEY", false],
    ["KEY", false],
  ])("Authorization: %s", async (header, good) => {
    const { key, entry } = apiKey("a", "read");
    const deployed = await api.deploy({ API_KEYS: entry });
    const answer = await deployed.call(get("/jobs", { authorization: header.replaceAll("KEY", key) }));
    expect(answer.status).toBe(good ? 200 : 401);
    expect(answer.text).not.toContain(key);
  });

  test("a stranger costs Redis nothing, and the body of the request is not read", async () => {
    const deployed = await api.deploy({ API_KEYS: apiKey("a", "submit").entry, RATE_LIMIT: "5/1s" });
    api.faults.reset();
    const event = { rawPath: "/submit-job", headers: {}, body: "{", isBase64Encoded: false };
    const answer = await deployed.invoke(aimedAt("submitJob", event));
    expect(answer.status).toBe(401);
    expect(api.faults.seen).toEqual([]);
  });

  test("every key is compared in constant time, whichever one matches", () => {
    const keys = Array.from({ length: 5 }, (_, i) => apiKey(`k${i}`, "read"));
    const known = parseApiKeys(keys.map(({ entry }) => entry).join(","));
    const compare = vi.mocked(crypto.timingSafeEqual);
    for (const { key } of [keys[0]!, keys[4]!, { key: "wq_unknown" }]) {
      compare.mockClear();
      try {
        authorize(known, `Bearer ${key}`, "read");
      } catch {
        // for the unknown key
      }
      expect(compare).toHaveBeenCalledTimes(5);
    }
  });

  test("the settings hold only hashes", () => {
    const { key, entry } = apiKey("a", "read");
    expect(entry).not.toContain(key);
    expect(entry).toContain(crypto.createHash("sha256").update(key).digest("hex"));
    expect(parseApiKeys(entry)).toEqual([{ name: "a", scopes: ["read"], hash: expect.any(Buffer) }]);
  });

  test.each([
    "a:read",
    `a:write:${"0".repeat(64)}`,
    `a b:read:${"0".repeat(64)}`,
    `a:read:${"0".repeat(63)}`,
    `a::${"0".repeat(64)}`,
    `:read:${"0".repeat(64)}`,
  ])("the entry %s is refused by its position, and its text is not repeated", (entry) => {
    const good = apiKey("a", "read").entry;
    expect(() => parseApiKeys(`${good}, ${entry}`)).toThrow(/in entry [23]$/);
  });

  test.each([",", " ", "\n", ",,", "KEY,", ",KEY", "KEY,,KEY", "KEY , ,KEY"])(
    "API_KEYS=%j has an empty entry, so a local stack and a deployment refuse to serve",
    async (shape) => {
      const API_KEYS = shape.replaceAll("KEY", apiKey("a", "admin").entry);
      for (const IS_OFFLINE of ["true", "false"]) {
        const { result, lines } = await logged(async () =>
          (await api.deploy({ API_KEYS, IS_OFFLINE, LOG_LEVEL: "error" })).call(get("/jobs")),
        );
        expect(result).toMatchObject({ status: 503, body: { code: "not_configured" } });
        expect(lines[0]!.message).toMatch(
          /API_KEYS: expected at least one entry and no empty ones \(entry \d is empty\)/,
        );
      }
    },
  );

  test("npx wakeq key prints one that its entry accepts", async () => {
    const make = (...args: string[]) =>
      promisify(execFile)(process.execPath, ["--import", "tsx", "bin/key.ts", ...args], {
        cwd: `${import.meta.dirname}/../..`,
      });
    const { stdout } = await make("--name", "ci.deploy-1", "--scopes", "submit,read");
    const [, key, entry] = stdout.match(/^key +(\S+)\nentry +(\S+)\n$/) ?? [];
    const deployed = await api.deploy({ API_KEYS: entry! });
    expect((await deployed.call(get("/jobs", { authorization: `Bearer ${key}` }))).status).toBe(200);
    expect(key).toMatch(/^wq_[\w-]{32}$/);
    await expect(make("--name", "two words")).rejects.toThrow("--name takes");
    await expect(make("--scopes", "everything")).rejects.toThrow(/--scopes takes/);
    await expect(make("--nmae", "x")).rejects.toThrow(/--name takes/);
  }, 60_000);
});

describe("without keys", () => {
  test("a deployment refuses to serve and tells callers nothing more; its log says why", async () => {
    const deployed = await api.deploy({ LOG_LEVEL: "error" });
    const { result, lines } = await logged(() => deployed.call(post("/submit-job", { task: "note" })));
    expect(result).toMatchObject({ status: 503, body: { code: "not_configured" } });
    expect(result.text).not.toContain("API_KEYS");
    expect(lines).toMatchObject([{ level: "error", event: "request_failed", route: "submitJob" }]);
    expect(lines[0]!.message).toMatch(/API_KEYS is not set.+npx wakeq key/);
    expect(await deployed.store.all()).toEqual({});
    await logged(async () => {
      for (const [, sent, ...allowed] of requests) {
        expect((await deployed.call(sent)).status).toBe(allowed.length > 0 ? 503 : 200);
      }
    });
  });

  test.each(["IS_OFFLINE", "IS_LOCAL"])("a local stack (%s) is open", async (name) => {
    const deployed = await api.deploy({ [name]: "true" });
    expect((await deployed.call(post("/submit-job", { task: "note" }))).status).toBe(202);
  });

  test("a local stack that was given keys requires them", async () => {
    const deployed = await api.deploy({ IS_OFFLINE: "true", API_KEYS: apiKey("a", "submit").entry });
    expect((await deployed.call(post("/submit-job", { task: "note" }))).status).toBe(401);
  });
});
