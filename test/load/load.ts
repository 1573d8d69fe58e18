import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "../../lib/queue/job.ts";
import { keysOf } from "../../lib/queue/keys.ts";
import { parseJob } from "../../lib/queue/record.ts";
import { connectRedis } from "../../lib/redis/redis.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { temporaryService } from "../support/service-copy.ts";
import { WorkerLog } from "./worker-log.ts";

export interface LoadSettings {
  /** Submits per second, each a request of its own. */
  perSecond: number;
  /** How long the steady load lasts. */
  seconds: number;
  /** How many submits are sent together first, to warm the functions up. */
  warmUp: number;
  /** The task and the payload that are submitted. */
  body: unknown;
}

export interface LoadReport {
  accepted: number;
  /** Unexpected answers: from status or error to their number. */
  refused: Record<string, number>;
  /** Requests sent once more, as a client does, because the connection broke; a submit has its `Idempotency-Key`. */
  resent: number;
  completed: number;
  /** Jobs that were accepted and had not completed at the end. */
  lost: number;
  /** Jobs that completed with more than one attempt. */
  repeated: number;
  /** Time from the last submit until all jobs had finished. */
  drainMs: number;
  /** Invocations of the worker, and the most that ran at the same time. */
  workers: { invocations: number; atOnce: number };
  /** Ms from the moment at which each request was due to its answer, sorted. */
  submitMs: number[];
  statusMs: number[];
}

const PROBES_WARM = 4;
const PROBE_MS = 100;
const JSON_BODY = { "content-type": "application/json" };
const READ_AT_ONCE = 500;

/** Runs everything that `npm start` starts, on free ports and with fresh data, for the time of a load. */
export async function runLoad(settings: LoadSettings): Promise<LoadReport> {
  const dataDir = await mkdtemp(join(tmpdir(), "wakeq-load-"));
  const service = await temporaryService();
  const workers = new WorkerLog();
  try {
    const stack = await startStack({
      ports: { PORT: 0, LAMBDA_PORT: 0, REDIS_REST_PORT: 0 },
      dataDir,
      stage: "test",
      service: service.folder,
      environment: {},
      say: () => {},
      log: (line) => workers.note(line),
    });
    try {
      return await load(stack, workers, settings);
    } finally {
      await stack.stop();
    }
  } finally {
    await service.remove();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/**
 * Submits at a steady rate, however long the answers take (an open loop), asks for a status now and then, and waits until
 * every job has finished.
 */
async function load(stack: Stack, workers: WorkerLog, settings: LoadSettings): Promise<LoadReport> {
  const agent = new http.Agent({ keepAlive: true });
  const ids: string[] = [];
  const refused: Record<string, number> = {};
  const submitMs: number[] = [];
  const statusMs: number[] = [];
  const body = JSON.stringify(settings.body);

  let resent = 0;

  async function again(send: () => Promise<Answer>): Promise<Answer> {
    const answer = await send();
    if (typeof answer.status === "number") return answer;
    resent++;
    return send();
  }
  async function submit(dueAt?: number) {
    const send = { method: "POST", body, headers: { ...JSON_BODY, "idempotency-key": randomUUID() } };
    const { status, text } = await again(() => ask(agent, `${stack.url}/submit-job`, send));
    if (dueAt !== undefined) submitMs.push(performance.now() - dueAt);
    if (status === 202) ids.push((JSON.parse(text) as { job_id: string }).job_id);
    else refused[status] = (refused[status] ?? 0) + 1;
  }
  async function probe(dueAt: number) {
    const id = ids[Math.floor(Math.random() * ids.length)];
    if (id === undefined) return;
    const { status } = await again(() => ask(agent, `${stack.url}/job-status/${id}`));
    statusMs.push(performance.now() - dueAt);
    if (status !== 200) refused[`status: ${status}`] = (refused[`status: ${status}`] ?? 0) + 1;
  }

  try {
    const { perSecond, seconds } = settings;
    // serverless-offline starts a thread, with 100 ms of processor, for each request that finds none idle: under full load
    // from the first moment on it would be busy with that alone.
    await Promise.all(Array.from({ length: settings.warmUp }, () => submit()));
    await Promise.all(ids.slice(0, PROBES_WARM).map((id) => ask(agent, `${stack.url}/job-status/${id}`)));
    await finished(stack, agent, ids.length);
    await Promise.all([
      steadily(1_000 / perSecond, perSecond * seconds, submit),
      steadily(PROBE_MS, (seconds * 1_000) / PROBE_MS, probe),
    ]);
    const lastAt = performance.now();
    await finished(stack, agent, ids.length);
    const drainMs = performance.now() - lastAt;
    await workers.until(ids.length);
    const jobs = await read(stack, ids);
    const completed = jobs.filter((job) => job?.status === "completed");
    return {
      accepted: ids.length,
      refused,
      resent,
      completed: completed.length,
      lost: ids.length - completed.length,
      drainMs,
      repeated: completed.filter((job) => job!.attempts.length !== 1).length,
      workers: { invocations: workers.invocations, atOnce: workers.atOnce },
      submitMs: submitMs.sort((a, b) => a - b),
      statusMs: statusMs.sort((a, b) => a - b),
    };
  } finally {
    agent.destroy();
  }
}

/** Calls at fixed moments, `times` in all, and waits for the last call to end. A late start counts as waiting time. */
async function steadily(everyMs: number, times: number, call: (dueAt: number) => Promise<void>): Promise<void> {
  const beganAt = performance.now();
  const calls: Promise<void>[] = [];
  for (let i = 0; i < times; i++) {
    const dueAt = beganAt + i * everyMs;
    if (dueAt > performance.now()) await sleep(dueAt - performance.now());
    calls.push(call(dueAt));
  }
  await Promise.all(calls);
}

interface Answer {
  /** The status, or what went wrong on the way. */
  status: number | string;
  text: string;
}

function ask(
  agent: http.Agent,
  url: string,
  { body, ...more }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    const request = http.request(url, { agent, ...more }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    request.on("error", (error) => resolve({ status: error.message, text: "" }));
    request.end(body);
  });
}

/** Waits until nothing waits or runs. The caller's time limit ends it. */
async function finished(stack: Stack, agent: http.Agent, jobs: number): Promise<void> {
  for (;;) {
    const { status, text } = await ask(agent, `${stack.url}/queue-stats`);
    const done =
      status === 200 ? (JSON.parse(text) as { completed: number; failed: number }) : { completed: 0, failed: 0 };
    if (done.completed + done.failed >= jobs) return;
    await sleep(100);
  }
}

/** Reads the records from Redis, bypassing the API. */
async function read({ rest }: Stack, ids: readonly string[]): Promise<(Job | undefined)[]> {
  const redis = connectRedis(rest);
  const keys = keysOf(undefined);
  const jobs: (Job | undefined)[] = [];
  for (let i = 0; i < ids.length; i += READ_AT_ONCE) {
    const some = ids.slice(i, i + READ_AT_ONCE).map((id) => keys.jobPrefix + id);
    jobs.push(...(await redis.mget(...some)).map(parseJob));
  }
  return jobs;
}
