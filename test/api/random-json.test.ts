import fc from "fast-check";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { anyJson, anySubmission, anyText } from "../support/any-json.ts";
import { type Answer, aimedAt, type Deployed, get, post, useApi } from "../support/api.ts";
import { startWorker, task } from "../support/worker.ts";

const api = useApi();
let deployed: Deployed;
beforeAll(async () => {
  deployed = await api.deploy();
});
beforeEach(() => api.faults.reset());

const REFUSED = [400, 413, 415, 422];

async function accepts(sent: Promise<Answer>) {
  const answer = await sent;
  const good = answer.status === 202;
  if (!good) {
    expect(REFUSED, answer.text).toContain(answer.status);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(answer.body.detail).toMatch(/\S/);
  }
  return good;
}

test("any JSON as the body of a submit or a batch is accepted, or refused with a reason", async () => {
  await fc.assert(
    fc.asyncProperty(anyJson, fc.constantFrom("/submit-job", "/submit-jobs"), fc.boolean(), (body, path, base64) =>
      accepts(deployed.call({ ...post(path, body ?? null), base64 })).then(() => undefined),
    ),
    { numRuns: 300 },
  );
});

test("any bytes as a body are refused with a reason", async () => {
  const fragment = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "\\u",
    "task",
    "note",
    "\0",
    "\ufeff",
    "1e999",
    "-",
    "\xff",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.uint8Array({ size: "large" }), fc.array(fragment, { size: "large" })),
      async (body) => {
        const bytes = body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(body.join(""), "latin1");
        for (const base64 of [true, false]) {
          expect(await accepts(deployed.call({ ...post("/submit-job"), body: bytes, base64 }))).toBe(false);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("any values in the fields of a request are accepted, or refused with a reason", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(anySubmission, async (body) => {
      if (await accepts(deployed.call(post("/submit-job", body)))) accepted++;
    }),
    { numRuns: 300 },
  );
  expect(accepted).toBeGreaterThan(0); // about 16
  expect((await deployed.call(get("/queue-stats"))).status).toBe(200);
  expect((await deployed.call(get("/jobs?limit=100"))).status).toBe(200);
});

test("no path, query or header causes a 5xx", async () => {
  const sent = fc.record({ id: anyText, wait: anyText, etag: anyText, prefer: anyText, key: anyText, origin: anyText });
  await fc.assert(
    fc.asyncProperty(sent, async ({ id, wait, etag, prefer, key, origin }) => {
      const headers = {
        "if-none-match": etag,
        prefer,
        "idempotency-key": key,
        origin,
        authorization: key,
        traceparent: id,
      };
      const event = {
        version: "2.0",
        rawPath: `/${id}`,
        headers,
        pathParameters: { job_id: id },
        isBase64Encoded: false,
        queryStringParameters: { wait, status: wait, cursor: id, [key]: etag },
        body: prefer,
      };
      for (const name of ["jobStatus", "listJobs", "cancelJob", "retryJob", "submitJob", "preflight"] as const) {
        expect((await deployed.invoke(aimedAt(name, event))).status).toBeLessThan(500);
      }
    }),
    { numRuns: 150 },
  );
});

function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

/** A large float, which JSON writes as a different integer. */
function isInexact(number: number): boolean {
  return /^-?\d{16,}$/.test(String(number)) && BigInt(String(number)) !== BigInt(number);
}

test("a payload that is accepted reaches its task as it was sent, byte for byte", async () => {
  deployed = await api.deploy();
  const received = new Map<string, string>();
  const http = task("call", ({ input, job }) => void received.set(job.id, JSON.stringify(input)));
  const sent = new Map<string, string>();
  await fc.assert(
    fc.asyncProperty(anyJson, async (body) => {
      const payload = { url: "https://example.com", body };
      const answer = await deployed.call(post("/submit-job", { task: "call", payload }));
      // Refused: a field that misleads zod and others, and integers that JavaScript would change.
      const written = JSON.stringify(body);
      if (written?.includes('"__proto__":') || numbersIn(body).some(isInexact))
        return void expect(answer.status).toBe(422);
      expect(answer.status, answer.text).toBe(202);
      sent.set(answer.body.job_id, JSON.stringify(payload));
    }),
    { numRuns: 200 },
  );
  await startWorker(deployed.queue, [http], { concurrency: 50 }).drain();
  expect(sent.size).toBeGreaterThan(100);
  expect(received).toEqual(sent);
});

test.each([
  [
    "a payload of exactly 256 KiB",
    (text: string) => text,
    "x".repeat(256 * 1024 - '{"url":"https://example.com","body":""}'.length),
  ],
  // As Python's json.dumps writes it: with spaces, and with everything beyond ASCII escaped.
  [
    "a payload of that size in escaped Cyrillic",
    (text: string) => text.replace(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`),
    "ж".repeat(131_040),
  ],
  ["a payload after a byte order mark", (text: string) => `\ufeff${text}`, "x"],
  [
    "a payload with names that every object has",
    (text: string) => text,
    { constructor: { prototype: 1 }, toString: 2, hasOwnProperty: 3 },
  ],
  [
    "a payload with numbers at the limits",
    (text: string) => text,
    [5e-324, 1.7976931348623157e308, 9007199254740992, -0.1, 1e20, 1e21],
  ],
  ["a payload with lone surrogates", (text: string) => text, ["\ud800", "\udc00x", "😀"]],
])("%s is accepted and arrives", async (_, written, body) => {
  deployed = await api.deploy();
  const payload = { url: "https://example.com", body };
  const answer = await deployed.call({
    ...post("/submit-job"),
    body: written(JSON.stringify({ task: "call", payload })),
  });
  expect(answer.status, answer.text.slice(0, 300)).toBe(202);
  let received: unknown;
  const http = task("call", ({ input }) => {
    received = input;
  });
  await startWorker(deployed.queue, [http]).drain();
  expect(JSON.stringify(received)).toBe(JSON.stringify(payload));
});
