import { createHash, createHmac } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { createWake, type LambdaSettings, MAX_DEPTH } from "../../lib/app/wake.ts";
import { startLambda } from "../support/lambda.ts";
import { keptIn, type Line } from "../support/log.ts";

const started: Awaited<ReturnType<typeof startLambda>>[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const each of started.splice(0)) await each.stop();
});

async function lambda(answer?: (response: ServerResponse) => void) {
  const one = await startLambda(answer);
  started.push(one);
  return one;
}

function wakeOf(endpoint: string, more: Partial<LambdaSettings> = {}, trace?: () => string | undefined) {
  const lines: Line[] = [];
  const settings: LambdaSettings = {
    functionName: "acme-worker",
    region: "eu-central-1",
    endpoint,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "session" },
    ...more,
  };
  return {
    lines,
    wake: createWake(settings, keptIn(lines), trace),
  };
}

test("a wake-up is an asynchronous Invoke call of the worker's function, with its source and depth", async () => {
  const { url, invocations } = await lambda();
  const { wake, lines } = wakeOf(url);
  await wake({ source: "hand_over", depth: 3 });
  expect(invocations).toMatchObject([
    {
      path: "POST /2015-03-31/functions/acme-worker/invocations",
      headers: {
        "x-amz-invocation-type": "Event",
        "content-type": "application/json",
        "x-amz-security-token": "session",
      },
      body: '{"source":"hand_over","depth":3}',
    },
  ]);
  expect(invocations[0]?.headers["x-amzn-trace-id"]).toBeUndefined();
  expect(lines).toEqual([{ level: "debug", event: "wake", source: "hand_over", depth: 3 }]);
});

test("the call is signed by Signature Version 4, as AWS computes it", async () => {
  const { url, invocations } = await lambda();
  await wakeOf(url).wake({ source: "submit", depth: 0 });
  const { headers, body } = invocations[0]!;
  const [, date, signed, signature] =
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/(\d{8})\/eu-central-1\/lambda\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? "",
    ) ?? [];
  expect(signed?.split(";")).toEqual(expect.arrayContaining(["host", "x-amz-date", "x-amz-security-token"]));
  // The recipe of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const canonical = [
    ...["POST", "/2015-03-31/functions/acme-worker/invocations", ""],
    ...signed!.split(";").map((name) => `${name}:${String(headers[name]).trim()}`),
    ...["", signed, sha256(body)],
  ].join("\n");
  const toSign = [
    "AWS4-HMAC-SHA256",
    headers["x-amz-date"],
    `${date}/eu-central-1/lambda/aws4_request`,
    sha256(canonical),
  ];
  const key = [date!, "eu-central-1", "lambda", "aws4_request"].reduce<string | Buffer>(hmac, "AWS4secret");
  expect(signature).toBe(hmac(key, toSign.join("\n")).toString("hex"));
});

test("the trace of the running invocation is passed on, so that Lambda can detect a loop", async () => {
  const { url, invocations } = await lambda();
  const trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1";
  await wakeOf(url, {}, () => trace).wake({ source: "backlog", depth: 1 });
  expect(invocations[0]?.headers["x-amzn-trace-id"]).toBe(trace);
});

test("a function's name with a colon (a version, an alias) reaches Lambda whole", async () => {
  const { url, invocations } = await lambda();
  await wakeOf(url, { functionName: "acme-worker:live" }).wake({ source: "submit", depth: 0 });
  expect(invocations[0]?.path).toBe("POST /2015-03-31/functions/acme-worker%3Alive/invocations");
});

test("no worker is woken without a function name, nor beyond the greatest depth", async () => {
  const { url, invocations } = await lambda();
  await wakeOf(url, { functionName: undefined }).wake({ source: "submit", depth: 0 });
  await wakeOf(url).wake({ source: "hand_over", depth: MAX_DEPTH + 1 });
  expect(invocations).toEqual([]);
  await wakeOf(url).wake({ source: "hand_over", depth: MAX_DEPTH });
  expect(invocations).toHaveLength(1);
});

test.each<[string, (response: ServerResponse) => void, RegExp]>([
  [
    "is refused",
    (response) => response.writeHead(403).end('{"message":"no"}'),
    /answered with 403: \{"message":"no"\}/,
  ],
  ["is answered without being accepted", (response) => response.writeHead(200).end(), /answered with 200/],
  ["breaks off", (response) => response.destroy(), /hang up|ECONNRESET/],
  [
    "breaks off during the answer",
    (response) => response.writeHead(202, { "content-length": 5 }).write("ab", () => response.destroy()),
    /mid-reply|ECONNRESET/,
  ],
])("a wake-up that %s is logged and never thrown", async (_, answer, message) => {
  const { url } = await lambda(answer);
  const { wake, lines } = wakeOf(url);
  await wake({ source: "submit", depth: 0 });
  expect(lines).toMatchObject([{ level: "warn", event: "wake_failed", source: "submit", depth: 0 }]);
  expect(lines[0]?.message).toMatch(message);
});

test("a wake-up to an address where nothing listens is logged and never thrown", async () => {
  const { url, stop } = await startLambda();
  await stop();
  const { wake, lines } = wakeOf(url);
  await wake({ source: "submit", depth: 0 });
  expect(lines).toMatchObject([{ event: "wake_failed", message: expect.stringContaining("ECONNREFUSED") }]);
});

test("a wake-up that gets no answer is abandoned after three seconds", async () => {
  const { url, invocations } = await lambda(() => undefined);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { wake, lines } = wakeOf(url);
  const woken = wake({ source: "submit", depth: 0 });
  while (invocations.length === 0) await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(3_000);
  await woken;
  expect(lines).toMatchObject([{ event: "wake_failed", message: "no answer within 3000 ms" }]);
});

test("an endpoint may be an IPv6 address", async () => {
  const { wake, lines } = wakeOf("http://[::1]:1");
  await wake({ source: "submit", depth: 0 });
  expect(lines[0]?.message).toMatch(/ECONNREFUSED|EADDRNOTAVAIL|EAFNOSUPPORT/);
});
