import { route } from "../http/route.ts";
import { once } from "../once.ts";
import { BULK_ERRORS } from "./common.ts";
import { changeSome, selectionOf } from "./selection.ts";

const Selected = once(() => selectionOf(["failed", "cancelled"]));

/** POST /retry-jobs: redrive some of the failed or cancelled jobs; sent again with its cursor it goes on. */
export const retryJobs = route({
  name: "retryJobs",
  method: "POST",
  path: "/retry-jobs",
  scope: "admin",
  body: Selected,
  errors: BULK_ERRORS,

  async handle({ body }, app) {
    const step = await changeSome(app, body, async (ids) => {
      const redriven = await app.queue.redriveMany(ids);
      for (const [i, id] of ids.entries())
        if (redriven[i]!.outcome === "redriven") app.log("info", "redrive", { job_id: id });
      if (redriven.some((each) => "wake" in each && each.wake)) await app.wake({ source: "redrive", depth: 0 });
      return redriven.map(({ outcome }) => outcome === "redriven");
    });
    return { status: 200, body: step };
  },
});
