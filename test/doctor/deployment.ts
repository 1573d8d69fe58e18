import { afterAll, beforeAll, beforeEach } from "vitest";
import { type LocalRedis, startLocalRedis } from "../../packages/redis-rest-local/src/testing.ts";
import { apiKey } from "../support/api.ts";
import { type Faults, startFaults } from "../support/faults.ts";
import { startLambda } from "../support/lambda.ts";
import { readStore } from "../support/store.ts";

export const READ_ONLY = "only-to-be-read";
export const SUMMARY = '{"claimed":0,"completed":0,"retried":0,"failed":0,"released":0,"lost":0,"stopped":"empty"}';
export const key = apiKey("ops", "admin");

/** A Redis, a proxy in front of it that makes faults, and a Lambda with a worker, for one test file. */
export function useDeployment() {
  let local: LocalRedis;
  let faults: Faults;
  let lambda: Awaited<ReturnType<typeof startLambda>>;
  const redis = (...command: string[]) => local.backend.send(command);

  beforeAll(async () => {
    local = await startLocalRedis({ readOnlyToken: READ_ONLY });
    faults = await startFaults(local.url);
    lambda = await startLambda((response) => response.end(SUMMARY));
  });
  beforeEach(async () => {
    faults.reset();
    await redis("FLUSHALL"); // this file has the Redis for itself
    await redis("CONFIG", "SET", "maxmemory-policy", "noeviction", "appendonly", "yes", "maxmemory", "0");
  });
  afterAll(async () => {
    await lambda?.stop();
    await faults?.stop();
    await local?.stop();
  });

  return {
    get local() {
      return local;
    },
    get faults() {
      return faults;
    },
    get lambda() {
      return lambda;
    },
    redis,
    /** Every key with its value, except those that expire: their names alone. */
    async store() {
      const { expiries, ...contents } = await readStore(local, "");
      return { contents, expiring: Object.keys(expiries) };
    },
    /** The settings of a deployment with nothing wrong. */
    sound(more: Record<string, string> = {}): Record<string, string> {
      return {
        UPSTASH_REDIS_REST_URL: faults.url,
        UPSTASH_REDIS_REST_TOKEN: local.token,
        API_KEYS: key.entry,
        WORKER_FUNCTION_NAME: "worker",
        AWS_ENDPOINT_URL_LAMBDA: lambda.url,
        ...more,
      };
    },
  };
}
