import * as z from "zod/mini";
import { route } from "../http/route.ts";
import { once } from "../once.ts";
import { readHistory } from "../queue/history.ts";
import { HISTORY_RANGES, type HistoryCounts } from "../queue/history-ranges.ts";
import { withWords } from "../schema/with-words.ts";

const HistoryQuery = once(() =>
  z.strictObject({
    range: withWords(
      z._default(z.enum(HISTORY_RANGES), "hour"),
      "The last 60 minutes, the last 24 hours, or the last 30 days of UTC",
    ),
  }),
);

/** GET /history: how many jobs ended how, and how long they waited and ran, by the minute, the hour or the day. */
export const history = route({
  name: "history",
  method: "GET",
  path: "/history",
  scope: "read",
  query: HistoryQuery,
  errors: ["invalid_query"],

  async handle({ query }, { queue }) {
    const { range, now, bucketMs, buckets, isKept, waitMs, runMs, ...totals } = await readHistory(queue, query.range);
    return {
      status: 200,
      body: {
        range,
        bucket_seconds: bucketMs / 1_000,
        from: instant(buckets[0]!.at),
        to: instant(now),
        buckets: buckets.map(({ at, ...counts }) => ({ at: instant(at), ...viewOf(counts) })),
        totals,
        wait_ms: waitMs,
        run_ms: runMs,
        ...(isKept ? {} : { off: true }),
      },
    };
  },
});

function viewOf({ waitMs, runMs, ...counts }: HistoryCounts) {
  return { ...counts, wait_ms: waitMs, run_ms: runMs };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
