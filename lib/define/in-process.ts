import { answerOf } from "../../client/answer.ts";
import { limit, unlessAborted } from "../../client/limit.ts";
import type { ApiCall, Send } from "../../client/send.ts";
import type { Core } from "../app/core.ts";
import { ITSELF } from "../config/scopes.ts";
import type { ApiRequest } from "../http/request.ts";
import { once } from "../once.ts";

/**
 * Makes the function that sends calls to the API without HTTP: the same checks, the same answers, and no hop. So the verbs of a
 * queue are those of the typed client, and what one refuses the other refuses too. The application itself may do everything, and
 * nothing counts what it does against an allowance.
 */
export function inProcess(core: Core): Send {
  const { deployment } = core;
  /** Submits are what a route of an application does: they load no other route. */
  const submitting = once(async () => {
    const [{ createApi }, { submitJob }, { submitJobs }] = await Promise.all([
      import("../http/api.ts"),
      import("../routes/submit-job.ts"),
      import("../routes/submit-jobs.ts"),
    ]);
    return createApi(deployment(), [submitJob, submitJobs]);
  });
  const rest = once(async () => {
    const [{ createApi }, { API_ROUTES }] = await Promise.all([import("../http/api.ts"), import("../routes/all.ts")]);
    return createApi(deployment(), API_ROUTES);
  });

  return async (call) => {
    const { signal, clear } = limit(Number.POSITIVE_INFINITY, () => new Error("no limit"), call.signal);
    try {
      signal.throwIfAborted();
      const api = await (call.path.startsWith("/submit-job") ? submitting() : rest());
      const answered = api.answer({ ...requestOf(call), caller: ITSELF });
      const { status, headers, body } = await unlessAborted(signal, answered);
      const header = { get: (name: string) => headers[name] ?? null };
      return answerOf({ status, headers: header }, String(body), call.has, false);
    } finally {
      clear();
    }
  };
}

function requestOf({ path: target, method = "GET", body, idempotencyKey, traceparent }: ApiCall): ApiRequest {
  const [path = "/", query = ""] = target.split("?");
  return {
    method,
    path,
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: {
      ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      ...(traceparent === undefined ? {} : { traceparent }),
    },
    ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
  };
}
