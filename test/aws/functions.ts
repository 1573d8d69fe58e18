import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { WorkerQueue } from "../../lib/queue/worker-queue.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { type Gateway, startGateway } from "../../packages/redis-rest-local/src/gateway.ts";
import { apiKey } from "../support/api.ts";
import { startLambda } from "../support/lambda.ts";
import { useRedis } from "../support/redis.ts";
import type { Change } from "../support/service-copy.ts";
import { startStage } from "../support/stage.ts";
import { type Artifact, packageFunctions, unpackFunctions } from "./artifacts.ts";
import { type LambdaFunction, startFunction } from "./runtime-api.ts";
import { sharedPackage } from "./shared-package.ts";

/** Runs `sls package` once a test file. Gives each test its functions, a queue, and a Lambda that records wake-ups. */
export function useFunctions(packaging?: { environment?: Record<string, string>; change?: Change }) {
  const redis = useRedis();
  const caller = apiKey("tester", "admin");
  const running: LambdaFunction[] = [];
  let folder: string;
  let artifacts: Artifact[];
  let gateway: Gateway;
  let lambda: Awaited<ReturnType<typeof startLambda>>;
  let stage: Awaited<ReturnType<typeof startStage>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "wakeq-artifacts-"));
    artifacts = packaging
      ? await packageFunctions(folder, "dev", packaging.environment, packaging.change)
      : await unpackFunctions(await sharedPackage("dev"), folder);
    gateway = await startGateway({ backend: redis.local.backend, port: 0, token: "a-token" });
    lambda = await startLambda();
    stage = await startStage();
  });
  beforeEach(() => {
    stage.hold();
    lambda.invocations.length = 0;
  });
  afterEach(async () => {
    for (const each of running.splice(0)) await each.stop();
  });
  afterAll(async () => {
    await stage?.close();
    await lambda?.stop();
    await gateway?.close();
    await rm(folder, { recursive: true, force: true });
  });

  return {
    get artifacts() {
      return artifacts;
    },
    get stage() {
      return stage;
    },
    get lambda() {
      return lambda;
    },
    /** Headers for API calls. */
    headers: { ...caller.headers, "content-type": "application/json" },
    /** Cuts every connection. The next call is accepted again. */
    async restartGateway() {
      const { port } = gateway;
      await gateway.close();
      gateway = await startGateway({ backend: redis.local.backend, port, token: "a-token" });
    },
    /** Makes another deployment, with its own key prefix. */
    deploy() {
      const { prefix, store } = redis.queue();
      const queue = new WorkerQueue(connectRedis({ url: redis.local.url, token: redis.local.token }), { prefix });
      const settings = {
        UPSTASH_REDIS_REST_URL: gateway.url,
        UPSTASH_REDIS_REST_TOKEN: "a-token",
        KEY_PREFIX: prefix,
        API_KEYS: caller.entry,
        AWS_ENDPOINT_URL_LAMBDA: lambda.url,
        LEASE_SECONDS: "1",
      };
      return {
        queue,
        store,
        async start(name: string, node: string, more: Record<string, string> = {}): Promise<LambdaFunction> {
          const artifact = artifacts.find((each) => each.name === name);
          if (!artifact) throw new Error(`no function ${name} was packaged`);
          const started = await startFunction(artifact, node, { ...settings, ...more });
          running.push(started);
          return started;
        },
      };
    },
  };
}
