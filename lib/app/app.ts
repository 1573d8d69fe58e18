import type { Redis } from "@upstash/redis";
import { type Config, currentTrace, readConfig, readSecrets, type Variables } from "../config/config.ts";
import { SecretsUnavailable } from "../config/secrets.ts";
import { describe } from "../errors.ts";
import { createLog, type Log } from "../observability/log.ts";
import { ClientQueue, type QueueSettings } from "../queue/client-queue.ts";
import { type Keys, keysOf } from "../queue/keys.ts";
import { connectRedis, type RedisSettings } from "../redis/redis.ts";
import { createWake, type Wake } from "./wake.ts";

/** What every handler needs, wired once a process. */
export interface App<Q extends ClientQueue = ClientQueue> {
  config: Config;
  log: Log;
  redis: Redis;
  keys: Keys;
  queue: Q;
  wake: Wake;
}

/** How long secrets are used before they are read again: by then a key that was added or taken away counts. */
const SECRETS_MS = 300_000;

/** While SSM does not answer, it is asked this often. */
const RETRY_MS = 30_000;

type QueueOf<Q> = new (redis: Redis, settings: QueueSettings) => Q;

/**
 * Gives the app of this process, made at the first call, and made again after its secrets have changed.
 *
 * @throws ConfigError when a setting is missing or wrong, or a secret cannot be read
 */
export const app = /* @__PURE__ */ keptApp((environment, freshToken) =>
  createApp(readConfig(environment), ClientQueue, freshToken),
); // not made where a function has no use for it

/**
 * Keeps what `create` makes of the environment and its secrets, as `app` does. While SSM does not answer, what was made before
 * stays in use. A wrong value ends it: a key that was taken away must not live on because of a typo beside it.
 */
export function keptApp<A extends Pick<App, "log">>(
  create: (environment?: Variables, freshToken?: RedisSettings["freshToken"]) => A,
): () => Promise<A> {
  let kept: { app: A; settings: string; until: number } | undefined;
  let wiring: Promise<A> | undefined;

  async function wire(): Promise<A> {
    const secrets = readSecrets();
    if (!secrets) return keep(create(), "", Number.POSITIVE_INFINITY);
    const until = Date.now() + SECRETS_MS;
    try {
      const environment = await secrets;
      const settings = JSON.stringify(environment);
      const app = kept?.settings === settings ? kept.app : create(environment, freshToken);
      return keep(app, settings, until);
    } catch (error) {
      if (!kept || !(error instanceof SecretsUnavailable)) {
        kept = undefined;
        throw error;
      }
      kept.app.log("warn", "secrets_failed", { ...describe(error) });
      return keep(kept.app, kept.settings, Date.now() + RETRY_MS);
    }
  }

  function keep(app: A, settings: string, until: number): A {
    kept = { app, settings, until };
    return app;
  }

  /** Reads the token again, where the database refuses the one that we read a while ago. */
  async function freshToken(): Promise<string | undefined> {
    try {
      return (await readSecrets())?.UPSTASH_REDIS_REST_TOKEN;
    } catch (error) {
      kept?.app.log("warn", "secrets_failed", { ...describe(error) });
      return undefined;
    }
  }

  return async () => {
    if (kept && Date.now() < kept.until) return kept.app;
    wiring ??= wire().finally(() => {
      wiring = undefined;
    });
    return wiring;
  };
}

/** Wires an app from its settings. `queueOf` is the class of its queue. */
export function createApp<Q extends ClientQueue>(
  config: Config,
  queueOf: QueueOf<Q>,
  freshToken?: RedisSettings["freshToken"],
): App<Q> {
  const log = createLog(config.logLevel);
  const redis = connectRedis({ ...config.redis, ...(freshToken ? { freshToken } : {}) });
  const queue = new queueOf(redis, config.queue);
  return {
    config,
    log,
    redis,
    keys: keysOf(config.queue.prefix),
    queue,
    wake: createWake(config.lambda, log, currentTrace),
  };
}
