import type { CallOptions, KeyOptions } from "../../client/options.ts";
import type { ScheduleCalls } from "../../client/schedule.ts";
import type { TaskTypes } from "../../client/task-types.ts";
import { KEY_OPTIONS, mustBeKnown } from "./known-options.ts";
import { nameOf } from "./named-task.ts";

const DEFINITION = [
  ...["name", "task", "payload", "cron", "every", "timeZone"],
  ...["catchUp", "overlap", "jitterSeconds", "priority", "paused"],
];

/** Makes the verbs about schedules of the client's calls. */
export function scheduleVerbs<Tasks extends TaskTypes>({ put, get, list, delete: remove, run }: ScheduleCalls<Tasks>) {
  return {
    get,
    list,
    delete: remove,
    async put(schedule: { task: string | { name: string } }, options?: CallOptions) {
      mustBeKnown("schedules.put", schedule, DEFINITION);
      return put({ ...schedule, task: nameOf(schedule.task) } as never, options);
    },
    async run(name: string, options: KeyOptions = {}) {
      mustBeKnown("schedules.run", options, KEY_OPTIONS);
      const { jobId: id, ...rest } = await run(name, options);
      return { id, ...rest };
    },
  };
}
