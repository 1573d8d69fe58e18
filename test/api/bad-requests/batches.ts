import { type Bad, batch, MAIL, raw } from "./request.ts";

export const BATCHES: Bad[] = [
  batch("a batch of nothing", {}, "invalid_request", "/jobs"),
  batch("an empty batch", { jobs: [] }, "invalid_request", "/jobs"),
  batch("101 jobs", { jobs: Array(101).fill(MAIL) }, "invalid_request", "/jobs"),
  batch("a batch whose jobs are an object", { jobs: { a: MAIL } }, "invalid_request", "/jobs"),
  batch("a batch without its envelope", [MAIL], "invalid_request", ""),
  batch("a batch with another field", { jobs: [MAIL], task: "note" }, "invalid_request", "/task"),
  batch("null in place of a job", { jobs: [MAIL, null] }, "invalid_request", "/jobs/1"),
  batch("a job with an unknown field", { jobs: [{ ...MAIL, x: 1 }] }, "invalid_request", "/jobs/0/x"),
  {
    ...raw(
      "a number that would change in the fourth job",
      `{"jobs":[${`${JSON.stringify(MAIL)},`.repeat(3)}{"task":"note","payload":{"id":9007199254740993}}]}`,
      "invalid_request",
      { pointers: ["/jobs/3/payload/id"] },
    ),
    path: "/submit-jobs",
  },
  batch("one unknown task among good ones", { jobs: [MAIL, { task: "nope" }, MAIL] }, "unknown_task", "/jobs/1/task"),
  batch(
    "two unknown tasks",
    { jobs: [{ task: "a" }, MAIL, { task: "b" }] },
    "unknown_task",
    "/jobs/0/task",
    "/jobs/2/task",
  ),
  batch(
    "faults of two kinds",
    { jobs: [{ ...MAIL, payload: { to: "x" } }, MAIL, { task: "b" }] },
    "invalid_request",
    ...["/jobs/0/payload/to", "/jobs/2/task"],
  ),
];
