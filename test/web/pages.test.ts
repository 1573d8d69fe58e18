import http from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problems } from "../../lib/errors.ts";
import { problemHelp } from "../../lib/http/problem-help.ts";
import { type BorrowedStack, borrowStack } from "../support/shared/stack.ts";

let stack: BorrowedStack;
beforeAll(async () => {
  stack = await borrowStack();
});
afterAll(() => stack?.giveBack());

const get = (path: string, headers: Record<string, string> = {}) => fetch(stack.url + path, { headers });

/** The files to which a page refers. */
async function filesOf(path: string): Promise<string[]> {
  const html = await (await get(path)).text();
  return [...html.matchAll(/(?:src|href)="\/?((?:docs|dashboard)\/[^"]+)"/g)].map(([, file]) => `/${file}`);
}

describe.each([
  ["/", 2],
  ["/docs", 4],
])("the page %s", (path, count) => {
  test("runs only its own files, and may not be framed", async () => {
    const page = await get(path);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = page.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; ");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
    const html = await page.text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=|https?:\/\/(?!www\.w3\.org)/);
  });

  test("names its files by their content, so they are cached for ever; files with other names are checked again", async () => {
    const files = await filesOf(path);
    expect(files).toHaveLength(count);
    for (const file of files) {
      const kept = await get(file);
      expect(kept.status, file).toBe(200);
      expect(kept.headers.get("cache-control"), file).toBe("public, max-age=31536000, immutable");
      expect(kept.headers.get("content-encoding"), file).toBe("gzip");
      const plain = file.replace(/\?.*/, "");
      expect((await get(plain)).headers.get("cache-control")).toBe("no-cache");
      const again = await get(plain, { "if-none-match": kept.headers.get("etag")! });
      expect([again.status, await again.text()]).toEqual([304, ""]);
    }
  });

  test("is checked again, but not sent again if the browser has it", async () => {
    const page = await get(path);
    expect(page.headers.get("cache-control")).toBe("no-cache");
    expect((await get(path, { "if-none-match": page.headers.get("etag")! })).status).toBe(304);
  });
});

test("the dashboard is at most 120 kB on the wire, all of it", async () => {
  const sizes = await Promise.all(["/", ...(await filesOf("/"))].map((path) => bytesOf(stack.url + path)));
  expect(sizes).toHaveLength(3);
  expect(Math.min(...sizes)).toBeGreaterThan(300);
  expect(sizes.reduce((sum, each) => sum + each)).toBeLessThan(120_000);
});

/** Returns how many bytes a browser gets, as they are on the wire: `fetch` would unpack them. */
function bytesOf(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get(address, { headers: { "accept-encoding": "br, gzip" } }, async (response) => {
      let bytes = 0;
      for await (const part of response) bytes += (part as Buffer).length;
      resolve(bytes);
    });
    request.on("error", reject);
  });
}

const invoke = async (encoding?: string) => {
  const event = {
    version: "2.0",
    rawPath: "/dashboard/dashboard.js",
    pathParameters: { file: "dashboard.js" },
    headers: encoding === undefined ? {} : { "Accept-Encoding": encoding },
    requestContext: { http: { method: "GET" } },
  };
  const response = await fetch(`${stack.lambdaUrl}/2015-03-31/functions/wakeq-test-api/invocations`, {
    method: "POST",
    body: JSON.stringify(event),
  });
  const { body, headers } = (await response.json()) as { body: string; headers: Record<string, string> };
  return { bytes: Buffer.from(body, "base64"), encoding: headers["content-encoding"], vary: headers.vary };
};

test.each([
  ["gzip, deflate, br, zstd", "br"],
  ["gzip;q=1.0, br;q=0.1", "br"],
  ["gzip", "gzip"],
  ["GZIP , br;q=0", "gzip"],
  ["br; q=0.0, gzip", "gzip"],
  ["identity", undefined],
  ["gzip;q=0", undefined],
  ["xgzip, brotli", undefined],
  [undefined, undefined],
])("a client that accepts %j gets a file encoded as %j", async (accepted, encoding) => {
  const answer = await invoke(accepted);
  expect(answer).toMatchObject({ encoding, vary: "accept-encoding" });
  const unpack = { br: brotliDecompressSync, gzip: gunzipSync }[String(encoding)] ?? ((bytes: Buffer) => bytes);
  expect(unpack(answer.bytes).toString()).toContain("queue-stats");
});

test.each(["/docs/nothing", "/dashboard/constructor", "/dashboard/..%2Fpackage.json"])(
  "%s does not exist, and the answer is a problem",
  async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toMatch("application/problem+json");
    expect(await answer.json()).toMatchObject({ code: "route_not_found", type: "/problems/route_not_found" });
  },
);

describe("the page to which a problem's type leads", () => {
  test("exists for every problem, for browsers and for terminals", async () => {
    for (const [code, { title, status }] of Object.entries(problems)) {
      const html = await get(`/problems/${code}`, { accept: "text/html,application/xhtml+xml" });
      expect(html.status).toBe(200);
      expect(html.headers.get("content-type")).toBe("text/html; charset=utf-8");
      const text = (await html.text()).replaceAll("&#39;", "'");
      for (const words of [code, title, `status ${status}`]) expect(text).toContain(words);
      const plain = await get(`/problems/${code}`);
      expect(plain.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(await plain.text()).toContain(problemHelp[code as keyof typeof problemHelp]);
    }
  });

  test("can be reached from an answer", async () => {
    const refused = await get("/job-status/x");
    const { type, code } = (await refused.json()) as { type: string; code: string };
    const page = await fetch(new URL(type, refused.url));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(code);
  });

  test("does not exist for unknown problems, and the answer repeats nothing of the request", async () => {
    for (const code of ["nothing", "constructor", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"]) {
      const page = await get(`/problems/${code}`, { accept: "text/html" });
      expect(page.status).toBe(404);
      const text = await page.text();
      expect(text).toContain("invalid_request");
      expect(text).not.toMatch(/alert|nothing|constructor/);
    }
  });
});
