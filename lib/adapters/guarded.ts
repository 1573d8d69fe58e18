import { describe, isErrorLike, PROBLEM_HEADERS, problemBody } from "../errors.ts";
import { incoming } from "../http/event.ts";
import { createLog } from "../observability/log.ts";
import { stackOf } from "../observability/stack.ts";

// biome-ignore lint/suspicious/noExplicitAny: each handler types event and answer as it likes
type Handler = (event: any, context?: any) => Promise<any>;

/**
 * The handler of a function, or of one of its routes, whose modules are loaded apart from this one: where they do not load,
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
  const { method, path: instance } = incoming(event);
  if (method === "") return { error: "load_failed" };
  const body = problemBody("internal", "Something failed on our side. The log of this deployment says what.", instance);
  return { statusCode: body.status, headers: PROBLEM_HEADERS, body: JSON.stringify(body) };
}
