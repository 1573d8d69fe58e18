import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Stack, startStack } from "../../local/stack.ts";
import { temporaryService } from "./service-copy.ts";

export interface TestStack extends Stack {
  dataDir: string;
  /** The folder of the service that the stack runs. */
  service: string;
  /** The output of the stack and its functions. */
  lines: string[];
}

/**
 * Starts the whole system on free ports, without ticks: only wake-ups start the worker. Its data stays until `removeData`.
 * It runs `service`, or a copy of this service with the tests' tasks.
 */
export async function startTestStack(
  more: {
    dataDir?: string;
    redisUrl?: string;
    environment?: Record<string, string>;
    service?: string;
    /** Gets each line as well. */
    hear?: (line: string) => void;
  } = {},
): Promise<TestStack> {
  const copy = more.service === undefined ? await temporaryService() : undefined;
  const service = more.service ?? copy!.folder;
  const dataDir = more.dataDir ?? (await mkdtemp(join(tmpdir(), "wakeq-stack-")));
  const lines: string[] = [];
  const note = (line: string) => {
    lines.push(line);
    more.hear?.(line);
  };
  const stack = await startStack({
    ports: { PORT: 0, LAMBDA_PORT: 0, REDIS_REST_PORT: 0 },
    dataDir,
    service,
    stage: "test",
    ...(more.redisUrl === undefined ? {} : { redisUrl: more.redisUrl }),
    environment: { LINGER_SECONDS: "40", SHUTDOWN_GRACE_SECONDS: "0", ...more.environment },
    ...{ say: note, log: note },
  }).catch(async (error: unknown) => {
    await copy?.remove();
    throw error;
  });
  const stop = () => stack.stop().finally(() => copy?.remove());
  return { ...stack, dataDir, service, lines, stop };
}

export async function removeData(stack: TestStack | undefined): Promise<void> {
  await stack?.stop();
  if (stack) await rm(stack.dataDir, { recursive: true, force: true });
}

/** Asks again and again until the answer is as wanted. The test's own time limit ends it. */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
