import { validateHeaderName, validateHeaderValue } from "node:http";
import { expect, test } from "vitest";
import { safeParse } from "zod/v4/core";
import { readPayload } from "../../lib/jobs/payload.ts";
import { httpRequest } from "../../tasks/httpRequest.ts";
import { JOB_ID, run } from "./run.ts";
import { useServers } from "./servers.ts";

const { serve } = useServers();

test("the task posts the body as JSON with the job's id as idempotency key, and returns status and body", async () => {
  const { url, received } = await serve((response) => response.writeHead(201).end("made"));
  const headers = { Authorization: "Bearer x", "X-Own": "1", Host: "evil", "Content-Length": "1", Connection: "close" };
  expect(await run(httpRequest, { url: `${url}/a?b=c`, headers, body: { text: "é" } })).toEqual({
    status: 201,
    body: "made",
  });
  expect(received).toMatchObject([{ method: "POST", url: "/a?b=c", body: '{"text":"é"}' }]);
  expect(received[0]?.headers).toMatchObject({
    ...{ authorization: "Bearer x", "x-own": "1", "content-type": "application/json", "content-length": "13" },
    ...{ host: url.slice(7), "idempotency-key": JOB_ID, "user-agent": "wakeq" },
  });
});

test("the task takes exactly the headers that Node can send", () => {
  const takes = (name: string, value: string) =>
    safeParse(httpRequest.input, { url: "http://a.b", headers: { [name]: value } }).success;
  const sends = (check: () => void) => {
    try {
      check();
      return true;
    } catch {
      return false;
    }
  };
  for (let unit = 0; unit <= 0xffff; unit++) {
    const text = `a${String.fromCharCode(unit)}`;
    const value = sends(() => validateHeaderValue("x", text));
    if (takes("x", text) !== value) expect.fail(`a value with U+${unit.toString(16)}`);
    if (unit < 0x200 && takes(text, "x") !== sends(() => validateHeaderName(text)))
      expect.fail(`a name with U+${unit.toString(16)}`);
  }
});

test("a header in Latin-1 is sent as it is", async () => {
  const { url, received } = await serve((response) => response.end());
  await run(httpRequest, { url, headers: { "X-Name": "Zoë\t ÿ" } });
  expect(received[0]?.headers["x-name"]).toBe("Zoë\t ÿ");
});

test("the task sends the job's trace context, unless the payload has its own", async () => {
  const { url, received } = await serve((response) => response.end());
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  await run(httpRequest, { url }, { traceparent });
  await run(httpRequest, { url, headers: { Traceparent: "mine" } }, { traceparent });
  await run(httpRequest, { url });
  expect(received.map(({ headers }) => headers.traceparent)).toEqual([traceparent, "mine", undefined]);
});

test("a request has the method that the payload names, and no body where it has none", async () => {
  const { url, received } = await serve((response) => response.end());
  for (const method of ["GET", "PUT", "PATCH", "DELETE"]) await run(httpRequest, { url, method });
  expect(received.map(({ method, body }) => [method, body])).toEqual([
    ["GET", ""],
    ["PUT", ""],
    ["PATCH", ""],
    ["DELETE", ""],
  ]);
  expect(received.map(({ headers }) => headers["content-type"])).toEqual([undefined, undefined, undefined, undefined]);
});

test.each([null, 0, false, "", []])("the body %j is sent as it is", async (body) => {
  const { url, received } = await serve((response) => response.end());
  await run(httpRequest, { url, body });
  expect(received[0]?.body).toBe(JSON.stringify(body));
});

test("an answer is cut at 64 KiB, and the rest is not waited for", async () => {
  const { url } = await serve((response) => response.writeHead(200).write("x".repeat(100_000)));
  const { body } = (await run(httpRequest, { url })) as { body: string };
  expect(body).toBe("x".repeat(65_536));
});

test("an answer of exactly 64 KiB is returned whole", async () => {
  const { url } = await serve((response) => response.end("x".repeat(65_536)));
  expect(await run(httpRequest, { url })).toEqual({ status: 200, body: "x".repeat(65_536) });
});

test("the cut of a long answer is not within a character", async () => {
  const { url } = await serve((response) => response.end("漢".repeat(30_000)));
  const { body } = (await run(httpRequest, { url })) as { body: string };
  expect(body).toBe("漢".repeat(21_845));
});

test("the result is small enough for a job, whatever the server sends", async () => {
  const { url } = await serve((response) => response.end(Buffer.alloc(100_000)));
  const result = await run(httpRequest, { url });
  expect(result).toMatchObject({ status: 200 });
  expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(256 * 1024);
});

const VALUES = ["Łukasz", "a\r\nb", "a\rb", "a\nb", "a\u0000b", "\u001b", "\u007f", "😀", "\ud800", "a\u0100"];
const NAMES = ["", "a b", "a:b", "é", "a\r\nb", "a\n"];
test.each([...VALUES.map((value) => ["X-Name", value] as const), ...NAMES.map((name) => [name, "1"] as const)])(
  "a header that HTTP cannot carry is refused when the job is submitted: %j: %j",
  async (name, value) => {
    const read = await readPayload(
      httpRequest,
      { url: "http://a.b", headers: { ok: "Zoë", [name]: value } },
      "/payload",
    );
    expect(read.faults?.map(({ pointer }) => pointer)).toEqual([`/payload/headers/${name}`]);
  },
);
