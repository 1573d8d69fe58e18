import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";
import { HISTORY_RANGES } from "../../queue/history-ranges.ts";
import { withWords } from "../../schema/with-words.ts";

const PercentilesView = z
  .object({
    p50: withWords(z.number(), "Half took at most this"),
    p95: withWords(z.number(), "95 % took at most this"),
  })
  .register(components, { id: "Percentiles" });

const ESTIMATED = "estimated from a count for each power of two, so at most double or half of the true value";
const ends = {
  completed: z.int(),
  failed: withWords(z.int(), "Jobs that failed for good"),
  retried: withWords(z.int(), "Attempts that failed, and are tried again"),
  cancelled: z.int(),
};
const times = {
  wait_ms: withWords(
    z.nullable(PercentilesView),
    `How long attempts waited once they were ready, in ms; null where none ended. It is ${ESTIMATED}. Each minute has that of its ten minutes`,
  ),
  run_ms: withWords(z.nullable(PercentilesView), `How long attempts ran, in ms, ${ESTIMATED}`),
};

/** What happened, and when. */
export const HistoryView = z
  .object({
    range: z.enum(HISTORY_RANGES),
    bucket_seconds: withWords(z.int(), "60, 3600 or 86400"),
    from: withWords(z.iso.datetime(), "Where the first bucket begins"),
    to: withWords(z.iso.datetime(), "Now, by the clock of the database"),
    buckets: withWords(
      z.array(z.object({ at: withWords(z.iso.datetime(), "Where it begins"), ...ends, ...times })),
      "60 minutes, 24 hours or 30 days, the oldest first. The last one is not over",
    ),
    totals: withWords(z.object(ends), "All buckets together"),
    ...times,
    off: withWords(z.optional(z.literal(true)), "`HISTORY` is off here: what happens is not counted"),
  })
  .register(components, { id: "History" });
export type HistoryView = z.infer<typeof HistoryView>;

const counts = { completed: 120, failed: 1, retried: 6, cancelled: 0 };

/** Describes `GET /history`. */
export const history: Described = {
  tag: "Queue",
  summary: "What happened in the last hour, day or month",
  answers: {
    200: answer({
      description: "How many jobs ended how, and how long they waited and ran",
      schema: HistoryView,
      examples: {
        "an hour, of whose minutes one is shown": {
          range: "hour",
          bucket_seconds: 60,
          from: "2026-11-26T10:01:00.000Z",
          to: "2026-11-26T11:00:12.345Z",
          buckets: [
            {
              at: "2026-11-26T11:00:00.000Z",
              ...counts,
              wait_ms: { p50: 12, p95: 60.8 },
              run_ms: { p50: 96, p95: 243.2 },
            },
          ],
          totals: counts,
          wait_ms: { p50: 12, p95: 60.8 },
          run_ms: { p50: 96, p95: 243.2 },
        },
      },
    }),
  },
};
