import { expect, test } from "vitest";
import { NonRetriableError } from "../../lib/tasks.ts";
import { httpRequest } from "../../tasks/httpRequest.ts";
import { run } from "./run.ts";
import { useServers } from "./servers.ts";

const { serve } = useServers();

const PRIVATE = [
  ...["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "0.0.0.0", "0", "10.1.2.3", "172.16.0.1", "192.168.1.1"],
  ...["169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"],
  ...["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "017700000001", "%31%32%37.0.0.1", "１２７.0.0.1"],
  ...[
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
  ],
  ...["[fe80::1]", "[fd00::1]", "[fc00::1]", "[ff02::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:db8::1]"],
];
test.each(PRIVATE)("the private address %s fails for good", async (host) => {
  const calling = run(httpRequest, { url: `http://${host}:1/` }, { environment: { ALLOW_PRIVATE_ADDRESSES: "false" } });
  await expect(calling).rejects.toBeInstanceOf(NonRetriableError);
  await expect(calling).rejects.toThrow("is a private, loopback or link-local address");
});

test("a private address is called where the settings allow it", async () => {
  const { url } = await serve((response) => response.end("home"));
  expect(await run(httpRequest, { url })).toEqual({ status: 200, body: "home" });
});

test("a refused address gets no connection", async () => {
  const { url, received } = await serve((response) => response.end());
  for (const each of [url, url.replace("127.0.0.1", "localhost")])
    await expect(
      run(httpRequest, { url: each }, { environment: { ALLOW_PRIVATE_ADDRESSES: "false" } }),
    ).rejects.toThrow();
  expect(received).toEqual([]);
});
