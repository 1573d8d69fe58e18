import { beforeEach } from "vitest";
import * as z from "zod/mini";
import { JobView } from "../../lib/routes/described/job-view.ts";
import { type Deployed, get, post, useApi } from "../support/api.ts";
import { startWorker, task } from "../support/worker.ts";

/** A deployment for each test, and short ways to submit a job, to run it and to ask for its status. */
export function useStatus() {
  const api = useApi();
  let deployed: Deployed;
  beforeEach(async () => {
    api.faults.reset();
    deployed = await api.deploy();
  });
  const submit = (body: object = {}, headers = {}) =>
    deployed.call(post("/submit-job", { task: "note", ...body }, headers));
  return {
    api,
    get deployed() {
      return deployed;
    },
    async status(id: string, query = "", headers = {}) {
      const answer = await deployed.call(get(`/job-status/${id}${query}`, headers));
      if (answer.status === 200) z.parse(JobView, answer.body);
      return answer;
    },
    submit,
    submitted: async (body: object = {}) => (await submit(body)).body.job_id as string,
    worker: (run: Parameters<typeof task>[1]) => startWorker(deployed.queue, [task("note", run)]),
  };
}
