import { inspect } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { NonRetriableError, RetryAfterError, SnoozeError } from "../../lib/tasks.ts";
import { httpRequest } from "../../tasks/httpRequest.ts";
import { gate } from "../support/worker.ts";
import { run } from "./run.ts";
import { to, useServers } from "./servers.ts";

const { closeAll, serve } = useServers();
afterEach(() => void vi.useRealTimers());

test.each([400, 401, 403, 404, 409, 410, 422, 304, 300])("the status %i fails for good", async (status) => {
  const { url } = await serve((response) => response.writeHead(status).end(status === 304 ? undefined : "no"));
  const calling = run(httpRequest, { url });
  await expect(calling).rejects.toBeInstanceOf(NonRetriableError);
  await expect(calling).rejects.toThrow(`answered with ${status}`);
});

test.each([408, 425, 429, 500, 502, 503])("the status %i is retried", async (status) => {
  const { url } = await serve((response) => response.writeHead(status).end("later"));
  const calling = run(httpRequest, { url });
  await expect(calling).rejects.toThrow(new RegExp(`^answered with ${status}$`));
  await expect(calling).rejects.not.toBeInstanceOf(NonRetriableError);
});

test.each([
  [429, "0", RetryAfterError, 0],
  [429, "7", SnoozeError, 7_000],
  [503, "7", SnoozeError, 7_000],
  [503, "Tue, 01 Jan 2030 00:01:30 GMT", SnoozeError, 90_000],
  [503, "Mon, 31 Dec 2029 23:00:00 GMT", RetryAfterError, 0],
  [429, "99999999999999999999", SnoozeError, 86_400_000],
  [408, "7", RetryAfterError, 7_000],
  [500, "7", RetryAfterError, 7_000],
  [502, "Tue, 01 Jan 2030 00:01:30 GMT", RetryAfterError, 90_000],
  [500, "99999999999999999999", RetryAfterError, 86_400_000],
])(
  "the status %i with Retry-After: %s waits as asked, and 429 and 503 spend no attempt",
  async (status, value, type, delayMs) => {
    const { url } = await serve((response) => response.writeHead(status, { "retry-after": value }).end());
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2030-01-01T00:00:00Z") });
    const error = await run(httpRequest, { url }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(type);
    expect((error as RetryAfterError | SnoozeError).delayMs).toBe(delayMs);
  },
);

test.each(["soon", "-5", "1.5", ""])("Retry-After: %j is ignored, and the backoff decides", async (value) => {
  const { url } = await serve((response) => response.writeHead(503, { "retry-after": value }).end());
  const error: unknown = await run(httpRequest, { url }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "Error", message: "answered with 503" });
});

test("an error quotes the answer only where the payload asks for it", async () => {
  for (const status of [404, 500, 503]) {
    const { url } = await serve((response) => response.writeHead(status).end("sesame ".repeat(200)));
    const quiet = await run(httpRequest, { url }).catch((error: unknown) => error);
    expect(inspect(quiet)).not.toContain("sesame");
    await expect(run(httpRequest, { url, answer_in_errors: true })).rejects.toThrow(
      new RegExp(`^answered with ${status}: (sesame )+`),
    );
  }
  const { url } = await serve(to("mailto:sesame", 302));
  const led = await run(httpRequest, { url }).catch((error: unknown) => error);
  expect(inspect(led)).not.toContain("sesame");
});

test("an abort ends a call that waits for an answer", async () => {
  const came = gate();
  const { url } = await serve(() => came.open());
  const abort = new AbortController();
  const calling = run(httpRequest, { url }, { signal: abort.signal });
  await came.opened;
  abort.abort();
  await expect(calling).rejects.toMatchObject({ name: "AbortError" });
});

test("an abort ends a call in the middle of an answer", async () => {
  const came = gate();
  const { url } = await serve((response) => {
    response.writeHead(200).write("x", () => came.open());
  });
  const abort = new AbortController();
  const calling = run(httpRequest, { url }, { signal: abort.signal });
  await came.opened;
  abort.abort();
  await expect(calling).rejects.toThrow();
});

test("an answer that breaks off is retried", async () => {
  const { url } = await serve((response) =>
    response.writeHead(200, { "content-length": 9 }).write("x", () => response.destroy()),
  );
  const calling = run(httpRequest, { url });
  await expect(calling).rejects.toThrow();
  await expect(calling).rejects.not.toBeInstanceOf(NonRetriableError);
});

test("a call to where nothing listens is retried", async () => {
  const { url } = await serve(() => undefined);
  await closeAll();
  const calling = run(httpRequest, { url });
  await expect(calling).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
