import { describe, expect, test } from "vitest";
import { aimedAt, apiKey, get, post, useApi } from "../support/api.ts";
import { logged } from "../support/stderr.ts";

const api = useApi();
const OURS = "https://app.example.com";
const THEIRS = "https://evil.example.com";
const preflight = (origin?: string) => ({
  method: "OPTIONS",
  path: "/submit-job",
  headers: { ...(origin === undefined ? {} : { Origin: origin }), "access-control-request-method": "POST" },
});
const named = (headers: Record<string, string>) =>
  Object.keys(headers).filter((name) => /^access-control|^vary/.test(name));

/** A laptop without keys refuses pages of other origins (test/define/offline-door.test.ts): with keys, CORS alone decides. */
const KEYED = { IS_OFFLINE: "true", API_KEYS: apiKey("a", "read").entry };

describe("by default", () => {
  test("no origin is allowed, for a preflight or a request", async () => {
    const deployed = await api.deploy(KEYED);
    const answer = await deployed.call(preflight(OURS));
    expect(answer).toMatchObject({ status: 204, text: "" });
    expect(named(answer.headers)).toEqual([]);
    expect(named((await deployed.call(get("/health", { origin: OURS }))).headers)).toEqual([]);
  });
});

describe("with CORS_ORIGINS", () => {
  const open = (more = {}) =>
    api.deploy({ IS_OFFLINE: "true", CORS_ORIGINS: `${OURS}, http://localhost:5173`, ...more });

  test("a preflight from an allowed origin learns what it may send", async () => {
    const answer = await (await open()).call(preflight(OURS));
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": OURS,
      "access-control-allow-methods": "GET, POST, PUT, DELETE",
      vary: "origin",
    });
    const allowed = answer.headers["access-control-allow-headers"]!.split(", ");
    for (const name of ["authorization", "content-type", "idempotency-key", "if-none-match", "prefer"]) {
      expect(allowed).toContain(name);
    }
    expect(answer.headers).not.toHaveProperty("access-control-allow-credentials");
  });

  test.each([THEIRS, `${OURS}.evil.com`, "null", OURS.toUpperCase(), `${OURS}:444`, "*", ""])(
    "a preflight from another origin (%s) learns nothing",
    async (origin) => {
      const deployed = await open(KEYED);
      for (const sent of [preflight(origin), get("/health", { origin })]) {
        expect(named((await deployed.call(sent)).headers)).toEqual(["vary"]);
      }
    },
  );

  test("an allowed origin may read answers and the headers that matter", async () => {
    const answer = await (await open()).call(post("/submit-job", { task: "note" }, { origin: OURS, prefer: "wait=0" }));
    expect(answer).toMatchObject({ status: 202, headers: { "access-control-allow-origin": OURS, vary: "origin" } });
    const exposed = answer.headers["access-control-expose-headers"]!.split(", ");
    for (const name of ["location", "retry-after", "etag", "idempotent-replayed", "preference-applied"]) {
      expect(exposed).toContain(name);
    }
  });

  test("an allowed origin may read errors: a bad body, a bad key, Redis down, a deployment without keys", async () => {
    const local = await open();
    const closed = await open({ IS_OFFLINE: "", API_KEYS: apiKey("a", "read").entry });
    const keyless = await open({ IS_OFFLINE: "" });
    const answers = [
      await local.call(post("/submit-job", {}, { origin: OURS })),
      await closed.call(get("/jobs", { origin: OURS })),
      await keyless.call(get("/jobs", { origin: OURS })),
    ];
    api.faults.when(() => ({ answer: 401, body: '{"error":"no"}' }));
    answers.push(await local.call(get("/jobs", { origin: OURS })));
    api.faults.reset();
    expect(answers.map(({ status }) => status)).toEqual([422, 401, 503, 503]);
    for (const { headers } of answers) expect(headers["access-control-allow-origin"]).toBe(OURS);
  });

  test("* allows every origin, by its name", async () => {
    const deployed = await open({ CORS_ORIGINS: "*" });
    expect((await deployed.call(preflight(THEIRS))).headers["access-control-allow-origin"]).toBe(THEIRS);
  });

  test("a request without an origin is served as usual", async () => {
    expect(named((await (await open()).call(get("/health"))).headers)).toEqual([]);
  });
});

test.each([{}, { headers: null }, { headers: { origin: 7 } }])(
  "an OPTIONS request that is no preflight (%j) is answered",
  async (event) => {
    const deployed = await api.deploy(KEYED);
    expect((await deployed.invoke(aimedAt("preflight", event))).status).toBe(204);
  },
);

test("a preflight to a deployment with wrong settings is a problem, and the log names the settings", async () => {
  const deployed = await api.deploy({ CORS_ORIGINS: "nonsense" });
  const { result, lines } = await logged(() => deployed.call(preflight(OURS)));
  expect(result).toMatchObject({ status: 503, body: { code: "not_configured" } });
  expect(lines[0]!.message).toContain("CORS_ORIGINS");
});
