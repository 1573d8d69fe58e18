import { type Environment, environmentWith, readSecrets } from "../config/config.ts";
import { SecretsUnavailable } from "../config/secrets.ts";
import { describe } from "../errors.ts";
import type { RedisSettings } from "../redis/redis.ts";
import type { App } from "./app.ts";

/** How long secrets are used before they are read again: by then a key that was added or taken away counts. */
const SECRETS_MS = 300_000;

/** While SSM does not answer, it is asked this often. */
const RETRY_MS = 30_000;

/**
 * Keeps what `create` makes of the environment and its secrets, and makes it again after they have changed. While SSM does
 * not answer, what was made before stays in use. A wrong value ends it: a key that was taken away must not live on because of a
 * typo beside it.
 */
export function keptApp<A extends Pick<App, "log">>(
  create: (environment: Environment, freshToken?: RedisSettings["freshToken"]) => A,
  environmentNow: () => Environment = () => environmentWith({}),
): () => Promise<A> {
  let kept: { app: A; settings: string; until: number } | undefined;
  let wiring: Promise<A> | undefined;

  async function wire(): Promise<A> {
    const given = environmentNow();
    const secrets = readSecrets(given);
    if (!secrets) return keep(create(given), "", Number.POSITIVE_INFINITY);
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
      return (await readSecrets(environmentNow()))?.UPSTASH_REDIS_REST_TOKEN;
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
