import { describe, isErrorLike, OUR_FAULT } from "../../errors.ts";
import { problemReply } from "../../http/reply.ts";
import { createLog } from "../../observability/log.ts";
import { stackOf } from "../../observability/stack.ts";
import { requestOf, resultOf } from "./event.ts";

type Handler = (event: unknown, context?: unknown) => Promise<unknown>;

/**
 * Gives the handler of a function whose modules are loaded apart from this one: where they do not load,
 * because a task throws while it is declared or imports what is broken, one that says so. The build puts it in front of
 * every function (esbuild.plugins.cjs), so it must need next to nothing itself.
 */
export async function guarded(name: string, load: () => Promise<{ handler: Handler }>): Promise<Handler> {
  try {
    return (await load()).handler;
  } catch (error) {
    return async (event) => failed(name, error, event);
  }
}

/** Logs the cause, and answers without it. A worker claims nothing and wakes nobody: jobs wait for a deploy that loads. */
function failed(name: string, error: unknown, event: unknown): unknown {
  const stack = isErrorLike(error) ? stackOf(error) : undefined;
  const log = createLog("error");
  log("error", "load_failed", { function: name, ...describe(error), stack });
  const request = requestOf(event);
  if (request.method === "") return { error: "load_failed" };
  return resultOf(problemReply({ code: "internal", message: OUR_FAULT }, request));
}
