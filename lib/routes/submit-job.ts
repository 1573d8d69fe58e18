import { route } from "../http/route.ts";
import { JobRequest } from "../jobs/job-request.ts";
import { SUBMIT_ERRORS } from "./common.ts";
import { finishedWithin, outcomeReply, preferredWait, statusReply } from "./status.ts";
import { acceptedReply, offeredTo, submit } from "./submission.ts";
import { shownTo } from "./view.ts";

/** POST /submit-job: accept a job; it runs later. */
export const submitJob = route({
  name: "submitJob",
  method: "POST",
  path: "/submit-job",
  scope: "submit",
  body: JobRequest,
  errors: SUBMIT_ERRORS,

  async handle({ body, headers, base, caller, isItself, may, traceparent }, app) {
    const submission = { requests: [body], body, idempotencyKey: headers["idempotency-key"], caller, at: () => "" };
    const submitted = await submit(app, offeredTo(isItself, await app.tasks()), { ...submission, traceparent });
    const accepted = acceptedReply(base, submitted);

    const seconds = preferredWait(headers.prefer);
    const isAnothers = submitted.conflicts.length > 0 && !may("read");
    if (seconds === undefined || isAnothers) return accepted;
    const finished = await finishedWithin(app, accepted.body.job_id, seconds);
    const shown = finished && shownTo(may("admin"), finished);
    const reply = shown ? (may("read") ? statusReply : outcomeReply)(shown) : accepted;
    const { "retry-after": _, ...found } = accepted.headers;
    return { ...reply, headers: { ...reply.headers, ...found, "preference-applied": `wait=${seconds}` } };
  },
});
