import { beforeEach, expect, test } from "vitest";
import { viewOf } from "../../lib/routes/view.ts";
import { type Deployed, get, post, useApi } from "../support/api.ts";
import { job, jobOf, record } from "../support/redis.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  deployed = await api.deploy();
});

const YEAR_MS = 31_536_000_000;
const soonest = () => new Date(Date.now() - 1_000).toISOString();
const wall = (ms: number, offset: string) => new Date(ms).toISOString().replace("Z", offset);

test.each([
  ["a moment less than a year from now", () => new Date(Date.now() + YEAR_MS - 60_000).toISOString()],
  ["the same, written to the west", () => wall(Date.now() + YEAR_MS - 60_000 - 8 * 3_600_000, "-08:00")],
  [
    "the same, written to the east, where it is later than in a year",
    () => wall(Date.now() + YEAR_MS + 13 * 3_600_000, "+14:00"),
  ],
])("the run_at %s is accepted and shown as that instant", async (_, at) => {
  const run_at = at();
  const { status, body } = await deployed.call(post("/submit-job", { task: "note", run_at }));
  expect(status).toBe(202);
  const answer = await deployed.call(get(`/job-status/${body.job_id}`));
  expect(answer.body.run_at).toBe(new Date(run_at).toISOString());
});

test.each([
  ["now", soonest],
  ["the year 0, with an offset that leaves it", () => "0000-01-01T00:00:00+23:59"],
])("a run_at in the past (%s) means immediately", async (_, at) => {
  const { status, body } = await deployed.call(post("/submit-job", { task: "note", run_at: at() }));
  expect(status).toBe(202);
  expect(await deployed.store.ready()).toEqual([body.job_id]);
  expect((await deployed.call(get(`/job-status/${body.job_id}`))).body).not.toHaveProperty("run_at");
});

test.each([Date.UTC(9999, 11, 31, 23, 59, 59, 999) + 1, 8.64e15, 8.64e15 + 1, 1e300])(
  "a record of an earlier version that says %s is shown as the end of the year 9999",
  (run_at) => {
    const { run_at: told } = viewOf(jobOf(record(job(), { run_at })));
    expect(told).toBe("9999-12-31T23:59:59.999Z");
  },
);
