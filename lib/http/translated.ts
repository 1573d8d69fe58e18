import type { Deployment } from "../app/deployment.ts";
import { ConfigError, describe, OUR_FAULT, Problem, RedisError } from "../errors.ts";
import { createLog, type Log } from "../observability/log.ts";
import { API_METRICS, metricFields } from "../observability/metrics.ts";
import { stackOf } from "../observability/stack.ts";

/**
 * Turns a fault of ours into a problem that shows the caller no cause. The cause goes to the log alone, but for the application
 * itself (`isItself`), which hears what is wrong with its settings.
 */
export function translated(
  thrown: unknown,
  route: string,
  log: Log,
  deployment: Pick<Deployment, "stage">,
  isItself = false,
): Problem {
  const stack = thrown instanceof Error ? stackOf(thrown) : undefined;
  log("error", "request_failed", { route, ...describe(thrown), stack });
  if (thrown instanceof RedisError) {
    const detail = "The database did not answer, so the request may not have been accepted: send it again in a moment.";
    return new Problem("redis_unavailable", detail, { retryAfterSeconds: 2 });
  }
  if (thrown instanceof ConfigError) {
    const { metrics, stage } = deployment.stage();
    if (metrics) createLog("info")("info", "metrics", metricFields(API_METRICS, { NotConfigured: 1 }, stage));
    if (isItself) return new Problem("not_configured", thrown.message);
    return new Problem("not_configured", "Settings of this deployment are missing or wrong. Its log says which.");
  }
  return new Problem("internal", OUR_FAULT);
}
