import { describe, expect, test } from "vitest";
import * as z from "zod";
import { queueIn } from "../../lib/adapters/lambda/api.ts";
import { defineQueue, defineTask } from "../../lib/index.ts";
import { lambda } from "../../lib/lambda.ts";
import { eventOf } from "../support/api.ts";

const note = defineTask({ name: "note", input: z.object({}), run: () => "noted" });
const queue = defineQueue({ tasks: [note], log: "silent" });

describe("the queue that a file exports", () => {
  test.each<[string, object]>([
    ["as queue", { queue, other: 1 }],
    ["as its default", { default: queue }],
    ["as module.exports", { default: queue, "module.exports": queue }],
    ["among module.exports", { default: { queue } }],
    ["as a default that was compiled to CommonJS", { default: { default: queue } }],
  ])("is found %s", (_, exports) => {
    expect(queueIn(exports, "src/queue.ts")).toBe(queue);
  });

  test.each<[object, string]>([
    [{}, "src/queue.ts exports no queue (it exports nothing): add export const queue = defineQueue({ … })"],
    [{ note, default: 1 }, "src/queue.ts exports no queue (it exports note, default)"],
    [{ queue: { tasks: [] }, default: null }, "src/queue.ts exports no queue (it exports queue, default)"],
  ])("is missing in %o", (exports, message) => {
    expect(() => queueIn(exports, "src/queue.ts")).toThrow(message);
  });
});

test("a function is served under the path that API Gateway mounts it at, whatever the queue's own is", async () => {
  const elsewhere = defineQueue({ tasks: [note], basePath: "/api", log: "silent" });
  const at = async (path: string, basePath?: string) => {
    const { api } = lambda(elsewhere, basePath === undefined ? {} : { basePath });
    return (await api(eventOf({ method: "GET", path, headers: {} }))).statusCode;
  };
  expect(await at("/queue/problems/internal", "/queue")).toBe(200);
  expect(await at("/api/problems/internal", "/queue")).toBe(404);
  expect(await at("/api/problems/internal")).toBe(200);
  expect(await at("/queue/problems/internal")).toBe(404);
});
