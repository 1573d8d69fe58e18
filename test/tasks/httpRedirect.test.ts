import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { NonRetriableError } from "../../lib/tasks.ts";
import { httpRequest } from "../../tasks/httpRequest.ts";
import { run } from "./run.ts";

// 127.0.0.1 stands in for an address on the internet, which a test does not have. All others are judged as usual.
vi.mock("request-filtering-agent", async (importOriginal) => {
  const original = await importOriginal<typeof import("request-filtering-agent")>();
  const useAgent: typeof original.useAgent = (url, options) =>
    original.useAgent(url, { ...options, allowIPAddressList: ["127.0.0.1"] });
  return { ...original, useAgent };
});

let location = "";
let reached = 0;
const server = createServer((_, response) => {
  reached++;
  response.writeHead(302, { location }).end();
});
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  "http://127.0.0.2",
  "http://localhost6.localdomain.invalid@[::1]",
  "http://[::1]",
  "http://169.254.169.254",
  "http://0.0.0.0",
  "https://10.0.0.1",
])("a public address may not redirect to %s", async (to) => {
  const { port } = server.address() as AddressInfo;
  location = `${to}:${port}/latest/meta-data/`;
  reached = 0;
  const environment = { ALLOW_PRIVATE_ADDRESSES: "false" };
  const calling = run(httpRequest, { url: `http://127.0.0.1:${port}/` }, { environment });
  await expect(calling).rejects.toBeInstanceOf(NonRetriableError);
  await expect(calling).rejects.toThrow("is a private, loopback or link-local address");
  expect(reached).toBe(1);
});
