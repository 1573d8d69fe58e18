import { route } from "../http/route.ts";
import { once } from "../once.ts";
import { BULK_ERRORS } from "./common.ts";
import { changeSome, selectionOf } from "./selection.ts";

const Selected = once(() => selectionOf(["failed", "cancelled", "completed"]));

/** POST /delete-jobs: forget some of the finished jobs; sent again with its cursor it goes on. */
export const deleteJobs = route({
  name: "deleteJobs",
  method: "POST",
  path: "/delete-jobs",
  scope: "admin",
  body: Selected,
  errors: BULK_ERRORS,

  async handle({ body }, app) {
    const step = await changeSome(app, body, async (ids) => {
      const words = await app.queue.delete(ids, body.status);
      for (const [i, id] of ids.entries()) if (words[i] === "deleted") app.log("info", "delete", { job_id: id });
      return words.map((word) => word === "deleted");
    });
    return { status: 200, body: step };
  },
});
