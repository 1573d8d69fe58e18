import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Job, Status } from "../../lib/queue/job.ts";
import { listJobs } from "../../lib/queue/listing.ts";
import { useApi } from "../support/api.ts";
import { job } from "../support/redis.ts";
import { claim, completed, failed, retry, settle } from "../support/verbs.ts";

const api = useApi();

type Act = { kind: "submit" | "claim" | "complete" | "fail" | "retry" | "cancel" | "redrive"; pick: number };
const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom("submit", "claim", "complete", "fail", "retry", "cancel", "redrive"),
  pick: fc.nat(),
});

test("a list shows each job that stays in its place exactly once while others move", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { maxLength: 25, size: "max" }),
      fc.array(fc.array(act, { maxLength: 3 }), { maxLength: 12, size: "max" }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom<Status | undefined>(undefined, "pending", "processing", "completed", "failed", "cancelled"),
      async (before, between, limit, status) => {
        const { queue, keys } = api.redis.queue();
        const all: string[] = [];
        const moved = new Set<string>();
        const tokens = new Map<string, string>();
        const perform = async ({ kind, pick }: Act) => {
          api.redis.clock.now += pick % 3;
          if (kind === "submit") {
            const when = pick % 4 === 0 ? { when: { delayMs: 5_000 + (pick % 3) } } : {};
            const one = job({ priority: (["high", "normal", "low"] as const)[pick % 3]!, ...when });
            all.push(one.id);
            moved.add(one.id);
            await queue.submit([one]);
          } else if (kind === "claim") {
            const { jobs } = await claim(queue, { token: `w.${randomUUID()}`, count: 1 + (pick % 2) });
            for (const each of jobs) {
              moved.add(each.job.id);
              tokens.set(each.job.id, each.token);
            }
          } else if (all.length > 0) {
            const id = all[pick % all.length]!;
            moved.add(id);
            if (kind === "cancel") await queue.cancel(id);
            else if (kind === "redrive") await queue.redrive(id);
            else
              await settle(queue, {
                ...(kind === "complete" ? completed : kind === "fail" ? failed : retry)({ id }),
                token: tokens.get(id) ?? "",
              });
          }
        };
        for (const each of [...Array.from({ length: 8 }, (_, pick) => ({ kind: "submit" as const, pick })), ...before])
          await perform(each);
        moved.clear();
        const statuses = new Map<string, Job["status"]>();
        for (const id of all) statuses.set(id, (await queue.status(id))!.job.status);
        const initially = [...statuses].filter(([, at]) => status === undefined || at === status).map(([id]) => id);

        const seen: string[] = [];
        let cursor: string | undefined;
        for (let pages = 0; pages === 0 || cursor !== undefined; pages++) {
          const page = await listJobs(api.redis.redis, keys, { status, limit, cursor });
          if (page === "bad_cursor") throw new Error("its own cursor was refused");
          seen.push(...page.jobs.map(({ job: { id } }) => id));
          cursor = page.next;
          for (const each of between[pages] ?? []) await perform(each);
          expect(pages).toBeLessThan(200);
        }
        for (const id of initially.filter((each) => !moved.has(each))) {
          expect(seen.filter((each) => each === id)).toEqual([id]);
        }
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);
