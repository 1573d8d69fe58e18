import { expect } from "vitest";
import * as z from "zod/mini";
import type { Status } from "../../lib/queue/job.ts";
import { listJobs as listing } from "../../lib/routes/described/list-jobs.ts";
import { type Deployed, get, type useApi } from "../support/api.ts";
import { job } from "../support/redis.ts";
import { running, settle } from "../support/verbs.ts";

/** In the future for Redis' clock, and not too far for a job to wait. */
export const NEXT_YEAR = Date.now() + 300 * 86_400_000;
const BOOM = { error: "Boom", message: "it broke" };

/** One page of `GET /jobs`. */
export const list = async (deployed: Deployed, query = "") => {
  const answer = await deployed.call(get(`/jobs${query}`));
  expect(answer.status, answer.text).toBe(200);
  z.parse(listing.answers[200]!.schema!, answer.body);
  return answer.body as { jobs: { job_id: string; status: string; task: string }[]; next_cursor?: string };
};
export const idsOf = ({ jobs }: { jobs: { job_id: string }[] }) => jobs.map(({ job_id }) => job_id);

/** Puts two jobs into every place, one after the other. Returns their ids as a list should show them: by status, and of all. */
export async function everywhere(api: ReturnType<typeof useApi>) {
  const deployed = await api.deploy();
  const { prefix } = deployed;
  const { queue } = api.redis.queue({ prefix });
  const later = (ms: number) => {
    api.redis.clock.now += ms;
  };
  const pair = (task: string, more = {}) => [job({ task, ...more }), job({ task, ...more })] as const;
  const ids = (jobs: readonly { id: string }[]) => jobs.map(({ id }) => id);

  const [done, dead, gone, runs] = [pair("done"), pair("dead"), pair("gone"), pair("runs")];
  for (const [i, each] of [...done, ...dead, ...runs].entries()) {
    later(1);
    await running(queue, [each], `w.${i}`);
    if (done.includes(each)) await settle(queue, { id: each.id, token: `w.${i}`, outcome: "completed", result: "1" });
    if (dead.includes(each)) await settle(queue, { id: each.id, token: `w.${i}`, outcome: "failed", ...BOOM });
  }
  for (const each of gone) {
    later(1);
    await queue.submit([each]);
    await queue.cancel(each.id);
  }
  const [high, normal, low] = [pair("high", { priority: "high" }), pair("normal"), pair("low", { priority: "low" })];
  const scheduled = [job({ task: "due", when: { delayMs: 5_000 } }), job({ task: "due", when: { delayMs: 9_000 } })];
  for (const each of [...high, ...normal, ...low, ...scheduled]) await queue.submit([each]);
  const newestFirst = (jobs: readonly { id: string }[]) => ids(jobs).reverse();
  const expected: Record<Status, string[]> = {
    processing: newestFirst(runs),
    pending: [...[high, normal, low].flatMap(newestFirst), ...ids(scheduled)],
    completed: newestFirst(done),
    failed: newestFirst(dead),
    cancelled: newestFirst(gone),
  };
  const { cancelled, processing, failed, completed, pending } = expected;
  const merged = [cancelled, processing, failed, completed, pending].flat();
  return { deployed, queue, expected, merged };
}
/** The ids on all pages, in order. `between` runs after each page. */
export async function allPages(
  deployed: Deployed,
  query: string,
  between = async (_: string[]) => {},
): Promise<string[]> {
  const seen: string[] = [];
  let cursor = "";
  for (let pages = 0; pages < 1_000; pages++) {
    const page = await list(deployed, `?${query}${cursor}`);
    seen.push(...idsOf(page));
    await between(idsOf(page));
    if (page.next_cursor === undefined) return seen;
    cursor = `&cursor=${page.next_cursor}`;
  }
  throw new Error("the list does not end");
}

/** The order of jobs that are due at the same instant. */
export const byIdUp = (jobs: readonly { id: string }[]) => jobs.map(({ id }) => id).sort();
/** The order of jobs that finished at the same instant. */
export const byIdDown = (jobs: readonly { id: string }[]) => byIdUp(jobs).reverse();
