import { setTimeout as sleep } from "node:timers/promises";
import { connectBackend } from "../../packages/redis-rest-local/src/server-backend.ts";
import { type Peer, RESULT } from "../peers/peer.ts";
import { redisMicros } from "../redis-info.ts";
import type { StoreAddress } from "../store.ts";

/** The measure of how fast workers run a backlog. */
export interface WorkMeasure {
  measure: "work";
  /** The size of each job's payload. 0: no payload, and no result. */
  payloadBytes: number;
  workers: number;
  /** How many jobs each worker runs at the same time. */
  atOnce: number;
  /** How long each task waits. 0: it returns immediately. */
  taskMs: number;
}

/** The speed at which workers run a backlog, and the CPU time of a job. */
export interface WorkFigures {
  jobsPerSecond: number;
  /** The CPU time of the working process, in µs a job. */
  cpuMicros: number;
  /** Redis' CPU time in µs a job, from its submit in bulk until it is settled. */
  redisMicros: number;
}

const BULK = 500;
/** The share of the jobs at the beginning and at the end that is not timed: workers start, and run out of jobs. */
const EDGE = 0.1;

/** Runs a backlog of about `seconds`. An earlier one finds out how many jobs that is, and warms the process up. */
export async function measureWork(
  peer: Peer,
  work: WorkMeasure,
  seconds: number,
  store: StoreAddress,
): Promise<WorkFigures> {
  const warmUp = work.taskMs > 0 ? 20 * work.workers * work.atOnce : Math.max(1_000, 200 * work.atOnce);
  await submit(peer, warmUp);
  const { jobsPerSecond } = await run(peer, work, warmUp);

  const jobs = Math.ceil(jobsPerSecond * seconds);
  const backend = store.redisUrl === "" ? undefined : connectBackend({ url: store.redisUrl });
  const micros = async () => (backend ? await redisMicros(backend) : Number.NaN);
  const before = await micros();
  await submit(peer, jobs);
  const figures = await run(peer, work, jobs);
  const redis = ((await micros()) - before) / jobs;
  await backend?.close();
  const completed = await peer.completed();
  if (completed !== warmUp + jobs) throw new Error(`${completed} of ${warmUp + jobs} jobs completed`);
  return { ...figures, redisMicros: redis };
}

async function submit(peer: Peer, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += BULK) await peer.submit(Math.min(BULK, count - sent));
}

async function run(peer: Peer, { payloadBytes, workers, atOnce, taskMs }: WorkMeasure, jobs: number) {
  const edge = Math.floor(jobs * EDGE);
  let [ended, beganAt, endedAt] = [0, 0, 0];
  let allEnded = () => {};
  const all = new Promise<void>((resolve) => {
    allEnded = resolve;
  });
  const end = () => {
    ended++;
    if (ended === edge) beganAt = performance.now();
    if (ended === jobs - edge) endedAt = performance.now();
    if (ended === jobs) allEnded();
    return payloadBytes > 0 ? RESULT : undefined;
  };
  const cpu = process.cpuUsage();
  const stop = await peer.work(taskMs === 0 ? end : () => sleep(taskMs).then(end), workers, atOnce);
  await all;
  await stop();
  const { user, system } = process.cpuUsage(cpu);
  return {
    jobsPerSecond: (jobs - 2 * edge) / ((endedAt - beganAt) / 1_000),
    cpuMicros: (user + system) / jobs,
  };
}
