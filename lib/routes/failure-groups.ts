import { createHash } from "node:crypto";
import type { Job } from "../queue/job.ts";
import { cut } from "../text.ts";

/** Failed jobs that failed in the same way. */
export interface FailureGroup {
  task: string;
  /** The error's name, and its message without what differs from job to job. */
  error: string;
  fingerprint: string;
  jobs: Job[];
}

const ERROR_CHARACTERS = 300;

/** Groups failed jobs by task and error, the largest group first; of the same size, the one that failed last. */
export function groupsOf(jobs: readonly Job[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const job of jobs) {
    const error = failureOf(job);
    const fingerprint = fingerprintOf(job.task, error);
    const group = groups.get(fingerprint) ?? { task: job.task, error, fingerprint, jobs: [] };
    group.jobs.push(job);
    groups.set(fingerprint, group);
  }
  return [...groups.values()].sort((a, b) => b.jobs.length - a.jobs.length || lastOf(b) - lastOf(a));
}

/** Names the way in which a job failed. */
export function fingerprintFor(job: Job): string {
  return fingerprintOf(job.task, failureOf(job));
}

function fingerprintOf(task: string, error: string): string {
  return createHash("sha256")
    .update(JSON.stringify([task, error]))
    .digest("base64url")
    .slice(0, 16);
}

function lastOf({ jobs }: FailureGroup): number {
  return Math.max(...jobs.map(({ finishedAt = 0 }) => finishedAt));
}

function failureOf({ attempts }: Job): string {
  const { error, message } = attempts.findLast((each) => each.error !== undefined) ?? {};
  if (error === undefined) return "unknown";
  return message === undefined ? error : `${error}: ${normalised(message)}`;
}

/** Takes out of a message what differs from job to job: what is quoted, ids, numbers. */
export function normalised(message: string): string {
  const bare = message
    .replace(/(?<!\w)(["'`])[^"'`]*\1(?!\w)|[“«„][^”»“]*[”»“]/g, "…")
    .replace(/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/gi, "…")
    .replace(/\b(?=[a-f]*\d)[\da-f]{8,}\b/gi, "…")
    .replace(/\d+/g, "…")
    .replace(/…(?:[.,:/-]?…)+/g, "…");
  return cut(bare, ERROR_CHARACTERS);
}
