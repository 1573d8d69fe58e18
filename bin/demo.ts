import "./dotenv.ts";
import { parseArgs } from "node:util";
import { cut } from "../lib/text.ts";
import { printable, printableLines } from "../local/printable.ts";
import { dataDirOf, runningStack } from "../local/stack-file.ts";

interface JobSeen {
  job_id: string;
  task: string;
  status: string;
  retries: number;
  attempts: unknown[];
  progress?: number;
  run_at?: string;
  error?: string;
}

const FINISHED = new Set(["completed", "failed", "cancelled"]);
const POLL_MS = 400;
const SIGNS: Record<string, string> = { pending: "·", processing: "▶", completed: "✔", failed: "✘", cancelled: "–" };

const { values } = parseArgs({
  options: {
    url: { type: "string", default: await defaultUrl() },
    jobs: { type: "string", default: "30" },
  },
});

/** Finds the API of the stack that runs here, unless API_URL names another one. */
async function defaultUrl(): Promise<string> {
  const { API_URL, PORT = 3000 } = process.env;
  return API_URL ?? (await runningStack(dataDirOf(process.env)))?.api ?? `http://127.0.0.1:${PORT}`;
}

/** Runs `npm run demo`: submits jobs of all kinds to the running stack, and shows them until they are done. */
async function main(): Promise<void> {
  const count = Number(values.jobs);
  if (!Number.isInteger(count) || count < 1 || count > 500) {
    throw new Error(`--jobs: expected a whole number from 1 to 500, got "${values.jobs}"`);
  }
  const submitted = await Promise.all(Array.from({ length: count }, (_, i) => submit(requestOf(i))));
  const jobs = new Map<string, JobSeen>(
    submitted.map(({ job_id, task }) => [job_id, { job_id, task, status: "pending", retries: 0, attempts: [] }]),
  );
  const begin = performance.now();
  for (;;) {
    const open = [...jobs.values()].filter(({ status }) => !FINISHED.has(status));
    await Promise.all(open.map(async ({ job_id }) => void jobs.set(job_id, await status(job_id))));
    show([...jobs.values()], (performance.now() - begin) / 1000);
    if ([...jobs.values()].every((job) => FINISHED.has(job.status))) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function requestOf(i: number): Record<string, unknown> {
  if (i % 10 === 3) return { task: "count_primes", payload: { up_to: 20_000_000, rest_ms: 150 } };
  if (i % 10 === 6)
    return { task: "http_request", payload: { url: `${values.url}/job-status/${crypto.randomUUID()}`, method: "GET" } };
  if (i % 10 === 8)
    return {
      task: "http_request",
      payload: { url: `${values.url}/submit-job`, body: { task: "send_email", priority: "low" } },
    };
  if (i % 10 === 9) return { task: "send_email", delay_seconds: 3, payload: { subject: "three seconds later" } };
  return { task: "send_email", priority: i % 5 === 0 ? "high" : "normal", payload: { to: `person${i}@example.com` } };
}

async function submit(body: Record<string, unknown>): Promise<{ job_id: string; task: string }> {
  const response = await fetch(`${values.url}/submit-job`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.status !== 202) throw new Error(`submit was answered with ${response.status}: ${await response.text()}`);
  const { job_id } = (await response.json()) as { job_id: string };
  return { job_id, task: String(body.task) };
}

async function status(id: string): Promise<JobSeen> {
  const response = await fetch(`${values.url}/job-status/${id}`);
  if (!response.ok) throw new Error(`status was answered with ${response.status}: ${await response.text()}`);
  return (await response.json()) as JobSeen;
}

let linesShown = 0;

/** Shows the jobs. On a terminal it redraws the table; elsewhere it prints only the counts, and the table once at the end. */
function show(jobs: JobSeen[], seconds: number): void {
  const lines = [...jobs.map(lineOf), "", countsOf(jobs, seconds)];
  const done = jobs.every(({ status }) => FINISHED.has(status));
  if (!process.stdout.isTTY) {
    console.log((done ? lines : lines.slice(-1)).join("\n"));
    return;
  }
  const rows = Math.max(5, (process.stdout.rows ?? 40) - 2);
  const visible = done ? lines : lines.slice(-rows);
  const up = linesShown > 0 ? `\u001b[${linesShown}A` : "";
  process.stdout.write(`${up}${visible.map((line) => `\u001b[2K${line}`).join("\n")}\n`);
  linesShown = visible.length;
}

function lineOf({ job_id, task, status, retries, progress, run_at, error }: JobSeen): string {
  const waitMs = status === "pending" && run_at ? Date.parse(run_at) - Date.now() : 0;
  const detail = [
    ...(retries > 0 ? [`${retries} ${retries === 1 ? "retry" : "retries"}`] : []),
    ...(status === "processing" && progress !== undefined ? [`${Math.round(progress)} %`] : []),
    ...(waitMs > 0 ? [`due in ${Math.ceil(waitMs / 1000)} s`] : []),
    ...(error && status !== "completed" ? [printable(cut(error, 60))] : []),
  ];
  return `${SIGNS[status]} ${job_id.slice(0, 8)}  ${task.padEnd(13)} ${status.padEnd(11)} ${detail.join(", ")}`;
}

function countsOf(jobs: JobSeen[], seconds: number): string {
  const count = (status: string) => jobs.filter((job) => job.status === status).length;
  const retries = jobs.reduce((sum, job) => sum + job.retries, 0);
  const counts = Object.keys(SIGNS).flatMap((status) => (count(status) > 0 ? [`${count(status)} ${status}`] : []));
  return `${seconds.toFixed(1).padStart(5)} s  ${counts.join("   ")}   ${retries} retries`;
}

main().catch((error: unknown) => {
  const unreachable = error instanceof TypeError && error.message === "fetch failed";
  console.error(
    unreachable
      ? `nothing answers at ${values.url}: run npm start in another terminal, or give another address with --url`
      : printableLines(String(error)),
  );
  process.exitCode = 1;
});
