import { expect, test } from "vitest";
import { claim } from "../support/verbs.ts";
import { useStatus } from "./status.ts";

const world = useStatus();
const { status, submitted, worker } = world;

test("a status that has not changed is a 304, and a changed one is the job", async () => {
  const id = await submitted();
  const { headers } = await status(id);
  const etag = headers.etag!;
  expect(etag).toMatch(/^"[\w-]+"$/);
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const same = await status(id, "", { "if-none-match": tag });
    expect(same).toMatchObject({ status: 304, text: "", headers: { etag } });
    expect(same.headers["retry-after"]).toBe("1");
  }
  expect((await status(id, "", { "if-none-match": '"other"' })).status).toBe(200);
  await claim(world.deployed.queue);
  const changed = await status(id, "", { "if-none-match": etag });
  expect(changed).toMatchObject({ status: 200, body: { status: "processing" } });
  expect(changed.headers.etag).not.toBe(etag);
});

test("Retry-After is a second for a ready job, the wait for a delayed one, and absent for a finished one", async () => {
  const soon = await status(await submitted());
  expect(soon.headers["retry-after"]).toBe("1");
  const later = Number((await status(await submitted({ delay_seconds: 30 }))).headers["retry-after"]);
  expect(later).toBeGreaterThan(25);
  expect(later).toBeLessThanOrEqual(30);
  const muchLater = await status(await submitted({ run_at: new Date(Date.now() + 86_400_000).toISOString() }));
  expect(muchLater.headers["retry-after"]).toBe("60");
  const id = await submitted();
  await worker(() => 1).drain();
  const done = await status(id);
  expect(done.body.status).toBe("completed");
  expect(done.headers).not.toHaveProperty("retry-after");
});

test("no cache may answer with a status", async () => {
  const { headers } = await status(await submitted());
  expect(headers["cache-control"]).toBe("private, no-cache");
});
