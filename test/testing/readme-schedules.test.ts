import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createTestKit } from "wakeq/testing";
import * as z from "zod";
import { defineQueue, defineTask } from "../../lib/index.ts";

const report = defineTask({
  name: "report",
  input: z.object({ days: z.int().default(1) }),
  run: ({ input, job }) => `${input.days} days before ${job.schedule?.slot?.toISOString()}`,
});

const queue = defineQueue({
  tasks: [report],
  schedules: [
    { name: "nightly", task: report, cron: "30 2 * * mon-fri", timeZone: "Europe/Berlin" },
    { name: "daily", task: "report", payload: { days: 7 }, cron: "@daily", catchUp: { all: 7 } },
    { name: "pulse", task: report, every: "15 minutes", catchUp: "skip", jitterSeconds: 30 },
  ],
});

test("a week without a worker", async () => {
  const kit = await createTestKit(queue, { now: Date.parse("2030-01-01T12:05:00Z") });
  await kit.advance("1 week", { workers: false });
  await kit.drain();
  const made: (string | undefined)[] = [];
  for await (const { schedule } of queue.list()) made.push(schedule);
  expect(made.filter((name) => name === "nightly")).toHaveLength(1); // "last", which is the default
  expect(made.filter((name) => name === "daily")).toHaveLength(7); // { all: 7 }
  expect(made).not.toContain("pulse"); // "skip"
  await kit.close();
});

test("that is the example of the README, to the letter", () => {
  const [readme, own] = ["../../README.md", "readme-schedules.test.ts"].map((file) =>
    readFileSync(new URL(file, import.meta.url), "utf8"),
  );
  const section = readme!.split("\n## Schedules\n")[1]!.split("\n## ")[0]!;
  const blocks = [...section.matchAll(/```ts\n\/\/ (?:src|test)\/[\s\S]*?\n\n([\s\S]*?)```/g)].map(([, code]) => code!);
  expect(blocks).toHaveLength(2);
  for (const block of blocks) expect(own).toContain(block.replaceAll(/^export /gm, ""));
});
