import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { BAD_REQUESTS } from "../api/bad-requests.ts";
import { callers, mustRefuse, sentBy } from "../api/refusal.ts";
import { CASES, headersOf, rawly } from "../doors/cases.ts";
import { useRedis } from "../support/redis.ts";
import { type Sent, sendHttp } from "../support/request.ts";
import { ROUTE_CASES } from "../support/route-cases.ts";
import { useBundledPlatforms } from "./bundled.ts";
import type { Platforms } from "./servers.ts";

/** One table for every way in which Node serves a queue: none differs. */
const WAYS = ["serve", "toNode under Express' path", "toNode as a hook, before the application", "queue.fetch"];

const redis = useRedis();
const start = useBundledPlatforms();
const { keys, API_KEYS } = callers();
const sentOf = sentBy(keys);

let withKeys: Platforms;
let open: Platforms;
beforeAll(async () => {
  const database = { url: redis.local.url, token: redis.local.token };
  const options = () => ({ redis: database, prefix: redis.queue().prefix });
  withKeys = await start()({ ...options(), apiKeys: API_KEYS.split(",") });
  vi.stubEnv("IS_LOCAL", "true");
  open = await start()(options());
});
afterAll(async () => {
  await withKeys?.stop();
  await open?.stop();
  vi.unstubAllEnvs();
});

/** Sends a request below the queue's path, and reads the answer as if it had come from the root. */
async function send(base: string, sent: Sent) {
  const { origin, pathname } = new URL(base);
  const answer = await sendHttp(origin, { ...sent, path: pathname + sent.path });
  const { location } = answer.headers;
  return {
    ...answer,
    headers: { ...answer.headers, ...(location ? { location: location.replace(pathname, "") } : {}) },
    text: answer.text.replaceAll(`"${pathname}/`, '"/'),
  };
}

test("every way is listed", () => {
  expect(Object.keys(withKeys.urls)).toEqual(WAYS);
});

describe.each(WAYS)("%s", (way) => {
  test.each(ROUTE_CASES)("$what", ({ check }) => check((sent) => send(open.urls[way]!, sent)));

  test.each(BAD_REQUESTS.filter(({ code }) => code !== "gateway").map((bad) => [bad.what, bad] as const))(
    "refuses %s",
    async (_, bad) => {
      mustRefuse(bad, await send(withKeys.urls[way]!, sentOf(bad)));
    },
  );

  // Without the header the address in the Request counts, which its server made.
  const atDoor = CASES.filter((each) => !(way === "queue.fetch" && "host" in each && each.host === undefined));
  test.each(atDoor)("at the door: $name: $refused", async ({ refused, ...each }) => {
    const { port, pathname } = new URL(open.urls[way]!);
    const { status, body } = await rawly(Number(port), `GET ${pathname}/queue-stats`, headersOf(each, Number(port)));
    if (refused === undefined) expect(status).toBe(200);
    else expect([status, JSON.parse(body)]).toMatchObject([403, { code: "forbidden_origin" }]);
  });
});
