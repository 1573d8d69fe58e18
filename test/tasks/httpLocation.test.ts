import { expect, test } from "vitest";
import { NonRetriableError } from "../../lib/tasks.ts";
import { httpRequest } from "../../tasks/httpRequest.ts";
import { run } from "./run.ts";
import { to, useServers } from "./servers.ts";

const { serve } = useServers();

test.each([
  [301, "POST", "GET", ""],
  [302, "POST", "GET", ""],
  [303, "POST", "GET", ""],
  [303, "DELETE", "GET", ""],
  [307, "POST", "POST", '{"n":1}'],
  [308, "POST", "POST", '{"n":1}'],
  [301, "PUT", "PUT", '{"n":1}'],
  [302, "DELETE", "DELETE", '{"n":1}'],
  [302, "GET", "GET", '{"n":1}'],
  [303, "GET", "GET", ""],
])("a redirect with %i after a %s leads to a %s", async (status, method, then, body) => {
  const { url, received } = await serve((response, { url: path }) =>
    path === "/from" ? to("/to", status)(response) : response.end("there"),
  );
  expect(await run(httpRequest, { url: `${url}/from`, method, body: { n: 1 } })).toEqual({
    status: 200,
    body: "there",
  });
  expect(received[1]).toMatchObject({ method: then, url: "/to", body });
  expect(received[1]?.headers["content-type"]).toBe(body === "" ? undefined : "application/json");
});

test("an endless redirect fails for good", async () => {
  const { url, received } = await serve(to("/again", 307));
  const calling = run(httpRequest, { url });
  await expect(calling).rejects.toBeInstanceOf(NonRetriableError);
  await expect(calling).rejects.toThrow("more than 5 redirects");
  expect(received).toHaveLength(6);
});

test.each(["file:///etc/passwd", "ftp://example.com/", "http://", "javascript:alert(1)"])(
  "a redirect to %s fails for good",
  async (location) => {
    const { url } = await serve(to(location, 302));
    await expect(run(httpRequest, { url })).rejects.toBeInstanceOf(NonRetriableError);
  },
);

/** Headers that another origin must not see, and those that it may. */
const SECRETS = ["authorization", "cookie", "proxy-authorization", "x-api-key", "x-auth-token", "api-key", "x-own"];
const HARMLESS = ["accept", "accept-language", "content-type", "content-language", "user-agent", "traceparent"];
test.each([
  ["the same origin gets all headers", true, [...SECRETS, ...HARMLESS, "idempotency-key"]],
  ["another origin gets only harmless headers", false, [...HARMLESS, "idempotency-key"]],
])("a redirect to %s", async (_, isSame, expected) => {
  const goal = await serve((response) => response.end());
  const { url, received } = await serve((response, { url: path }) =>
    path === "/1" ? to(isSame ? "/2" : `${goal.url}/2`, 307)(response) : response.end(),
  );
  const headers = Object.fromEntries([...SECRETS, ...HARMLESS].map((name) => [name.toUpperCase(), `my ${name}`]));
  await run(httpRequest, { url: `${url}/1`, headers });
  const led = (isSame ? received[1] : goal.received[0])!;
  const arrived = Object.keys(led.headers).filter((name) => led.headers[name] === received[0]?.headers[name]);
  const own = new Set(["host", "connection", "content-length"]);
  expect(arrived.filter((name) => !own.has(name)).sort()).toEqual([...expected].sort());
});

test("a redirect to another origin does not get the password in the address", async () => {
  const other = await serve((response) => response.end());
  const { url, received } = await serve(to(`${other.url}/`, 307));
  await run(httpRequest, { url: url.replace("//", "//ann:secret@") });
  expect(received[0]?.headers.authorization).toMatch(/^Basic /);
  expect(other.received[0]?.headers.authorization).toBeUndefined();
});
