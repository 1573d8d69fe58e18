import type { JobView } from "./job-view.ts";

/** The id of the jobs in examples. */
export const JOB_ID = "0b9f1c9e-5d0a-4f2e-9a51-3f6b1f1d7c11";
/** Their payload: a job's status has it, a list leaves it out. */
export const payload = { to: "ada@example.com" };

/** A job that waits. */
export const pending: JobView = {
  job_id: JOB_ID,
  task: "send_email",
  status: "pending",
  retries: 0,
  max_retries: 3,
  priority: "normal",
  created_at: "2030-01-31T12:00:00.000Z",
  attempts: [],
};

const attempt = { started_at: "2030-01-31T12:00:00.120Z", ended_at: "2030-01-31T12:00:00.655Z", worker: "w-5f0c" };

/** A job that ran. */
export const completed: JobView = {
  ...pending,
  status: "completed",
  started_at: attempt.started_at,
  finished_at: attempt.ended_at,
  result: { message_id: `<${JOB_ID}@wakeq>`, simulated: true },
  attempts: [{ attempt: 1, outcome: "completed", ...attempt }],
};

/** A job that runs. */
export const running: JobView = {
  ...pending,
  task: "count_primes",
  status: "processing",
  started_at: attempt.started_at,
  progress: 42,
  note: "1270607 primes up to 21000000",
};

const message = "the mail server did not answer";
const failed = { attempt: 1, outcome: "failed", ...attempt, error: "Error", message } as const;

/** A job that failed once, as answers about a change show it. */
export const waitsForRetry: JobView = {
  ...pending,
  retries: 1,
  run_at: "2030-01-31T12:00:02.655Z",
  error: `Error: ${message}`,
  attempts: [failed],
};

/** The same, as its status shows it. */
export const waitsInDetail: JobView = {
  ...waitsForRetry,
  payload,
  log: [{ at: attempt.started_at, message: "connecting", fields: { host: "smtp.example.com" } }],
  attempts: [
    {
      ...failed,
      detail: {
        name: "Error",
        message,
        stack: "    at send (tasks/sendEmail.ts:48:13)",
        cause: { name: "Error", message: "connect ECONNREFUSED 192.0.2.7:587", code: "ECONNREFUSED" },
      },
    },
  ],
};

/** A job that was cancelled. */
export const cancelled: JobView = { ...pending, status: "cancelled", finished_at: attempt.ended_at };
