import { expect, test, vi } from "vitest";
import { nextToken } from "../../lib/adapters/invocation.ts";

test("each claim of a process has a token of its own, and all of them begin with the name of the process", () => {
  const [a, b] = [nextToken(), nextToken()];
  expect(a).toMatch(/^[0-9a-f]{12}\.\d+$/);
  expect(a).not.toBe(b);
  expect(a.split(".")[0]).toBe(b.split(".")[0]);
});

test("a process begins to count its claims at a random number, so that even a short life may make a twentieth claim", async () => {
  const firsts = new Set<number>();
  for (let i = 0; i < 30; i++) {
    vi.resetModules();
    const fresh = await import("../../lib/adapters/invocation.ts");
    firsts.add(Number(fresh.nextToken().split(".")[1]) % 20);
  }
  expect(firsts.size).toBeGreaterThan(5);
});
