import * as z from "zod/mini";
import { components } from "../../http/described.ts";
import { withWords } from "../../schema/with-words.ts";

/** The header that makes a submit safe to send again. */
export const IDEMPOTENCY = {
  "Idempotency-Key":
    "Makes sending this again safe: the same key and body answer with the same job. 1 to 255 printable ASCII characters.",
};

/** What 202 means. */
export const ACCEPTED =
  "Accepted; `Location` says where to ask, `Retry-After` when. `Idempotent-Replayed: true` where it was accepted before, `Unique-Conflict: true` where another job holds its unique key";

/** The job that was accepted. */
export const AcceptedJob = z
  .object({
    job_id: z.uuid(),
    unique_conflict: withWords(
      z.optional(z.literal(true)),
      "Another job holds its unique key: `job_id` is that one's, and nothing was accepted",
    ),
  })
  .register(components, { id: "AcceptedJob" });
