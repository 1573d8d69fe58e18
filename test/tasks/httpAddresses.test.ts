import { Agent, createServer } from "node:http";
import { type AddressInfo, connect, isIP, type LookupFunction } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { NonRetriableError } from "../../lib/tasks.ts";
import { httpRequest } from "../../tasks/httpRequest.ts";
import { run } from "./run.ts";

const NAMES: Record<string, string[]> = {
  "public.test": ["93.184.216.34"],
  "two.test": ["93.184.216.34", "2606:4700::1111"],
  "compatible.test": ["::127.0.0.1"],
  "mixed.test": ["2606:4700::1111", "::7f00:1"],
  "private.test": ["93.184.216.34", "10.0.0.1"],
};

vi.mock("node:dns", async (importOriginal) => {
  const lookup: LookupFunction = (name, _, done) =>
    done(
      null,
      NAMES[name]!.map((address) => ({ address, family: isIP(address) })),
    );
  return { ...(await importOriginal<typeof import("node:dns")>()), lookup };
});

const server = createServer((_, response) => response.end("reached"));
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
afterEach(() => vi.restoreAllMocks());

/** The internet: every address that is judged public leads to a server on this machine. */
function standIn() {
  return vi.spyOn(Agent.prototype, "createConnection").mockImplementation((options, done) => {
    const { host = "", lookup } = options as { host?: string; lookup: LookupFunction };
    const reach = () => {
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
      socket.once("connect", () => done?.(null, socket));
    };
    if (isIP(host) !== 0) reach();
    else lookup(host, { all: true }, (error) => (error ? done?.(error, undefined as never) : reach()));
    return undefined;
  });
}

const environment = { ALLOW_PRIVATE_ADDRESSES: "false" };

test.each(["8.8.8.8", "1.1.1.1", "[2606:4700::1111]", "public.test", "two.test"])(
  "%s is called, and nothing is logged",
  async (host) => {
    standIn();
    const printed = [
      vi.spyOn(console, "warn"),
      vi.spyOn(console, "error"),
      vi.spyOn(process, "emitWarning"),
      vi.spyOn(process.stderr, "write"),
    ];
    const answer = await run(
      httpRequest,
      { url: `http://${host}/`, headers: { connection: "close" } },
      { environment },
    );
    expect(answer).toEqual({ status: 200, body: "reached" });
    for (const each of printed) expect(each).not.toHaveBeenCalled();
  },
);

test.each(["compatible.test", "mixed.test", "private.test", "[::127.0.0.1]"])(
  "%s is refused for good",
  async (host) => {
    standIn();
    const calling = run(httpRequest, { url: `http://${host}/` }, { environment });
    await expect(calling).rejects.toBeInstanceOf(NonRetriableError);
    await expect(calling).rejects.toThrow("is a private, loopback or link-local address");
  },
);
