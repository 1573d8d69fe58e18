import {
  afterResponse,
  isAfterResponse,
  isOnVercel,
  type NextOptions,
  withinInvocation,
} from "./adapters/next/after-response.ts";
import { mountOf, type RouteContext } from "./adapters/next/mount.ts";
import { startTicking } from "./adapters/next/own-tick.ts";
import { type TickOptions, tick } from "./adapters/next/tick.ts";
import { fetchOf, responseOf } from "./adapters/web.ts";
import { type Core, coreOf, type Served } from "./app/core.ts";
import { environmentWith } from "./config/config.ts";

export { afterResponse, type NextOptions } from "./adapters/next/after-response.ts";
export type { TickOptions } from "./adapters/next/tick.ts";

/**
 * Makes the handlers of a catch-all route, `app/api/queue/[[...path]]/route.ts`. They serve the API under the path where the file
 * lies, unless the queue's `basePath` says otherwise, and run the jobs after the answer. Except on Vercel, they also look for due
 * jobs once a minute, from the first request on; on Vercel a cron does: `toTick`.
 *
 * @throws TypeError for anything but a queue made by defineQueue
 */
export function toNext(queue: Served, options: NextOptions = {}) {
  const core = workingCoreOf(queue, options);
  const ticksItself = isAfterResponse(core.start) && !isOnVercel();
  let isTicking = false;

  async function handle(request: Request, context: RouteContext): Promise<Response> {
    const basePath = core.basePath || (await mountOf(request.url, context));
    return withinInvocation(options, () => {
      if (ticksItself && !isTicking) startTicking(core.drain, basePath, options);
      isTicking = true;
      return fetchOf(core, basePath)(request);
    });
  }
  return { GET: handle, HEAD: handle, POST: handle, PUT: handle, PATCH: handle, DELETE: handle, OPTIONS: handle };
}

/**
 * Makes the handler of a route that a cron calls once a minute, `app/api/queue-tick/route.ts`: it starts a worker for jobs that
 * became due and for those that a worker left behind. The caller must know the secret, as Vercel's crons do.
 *
 * @throws TypeError for anything but a queue made by defineQueue
 */
export function toTick(queue: Served, options: TickOptions = {}) {
  const { drain } = workingCoreOf(queue, options);
  const handle = async (request: Request): Promise<Response> => responseOf(await tick(drain, request, options));
  return { GET: handle, POST: handle };
}

/** Gives the core of a queue whose jobs run here, unless its options or the environment name another worker. */
function workingCoreOf(queue: Served, options: NextOptions): Core & Required<Pick<Core, "drain">> {
  const core = coreOf(queue);
  if (!core.drain) throw new TypeError("expected a queue made by defineQueue, got its options");
  if (!environmentWith(core.settings).WORKER_FUNCTION_NAME) core.start ??= afterResponse(options);
  return core as Core & Required<Pick<Core, "drain">>;
}
