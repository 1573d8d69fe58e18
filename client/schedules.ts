import { fromWire } from "./answer.ts";
import { WakeqError } from "./errors.ts";
import { pagesOf } from "./pages.ts";
import { randomKey } from "./random-key.ts";
import type { ScheduleCalls, ScheduleInfo, ScheduleRequest } from "./schedule.ts";
import type { ApiCall, Send } from "./send.ts";
import type { TaskTypes } from "./task-types.ts";

/** Makes the calls about schedules. */
export function schedulesOver<Tasks extends TaskTypes>(send: Send): ScheduleCalls<Tasks> {
  const info = async (call: Omit<ApiCall, "has">) =>
    fromWire((await send({ ...call, has: "name" })).body) as ScheduleInfo;

  const calls: ScheduleCalls = {
    put: ({ name, ...schedule }, { signal } = {}) =>
      info({ path: at(name), method: "PUT", body: toWire(schedule), signal }),

    get: (name, { signal } = {}) => info({ path: at(name), signal }),

    list: (options = {}) => pagesOf(send, "/schedules", "schedules", options) as never,

    async delete(name, { signal } = {}) {
      try {
        await send({ path: at(name), method: "DELETE", has: "name", signal });
      } catch (error) {
        // An earlier try, whose reply was lost, has deleted it.
        if (!(error instanceof WakeqError && error.code === "schedule_not_found" && error.afterLostReply)) throw error;
      }
    },

    async run(name, { idempotencyKey = randomKey(), traceparent, signal } = {}) {
      const path = `${at(name)}/run`;
      const { body, replayed } = await send({
        path,
        method: "POST",
        idempotencyKey,
        traceparent,
        has: "job_id",
        signal,
      });
      return { jobId: body.job_id as never, replayed, uniqueConflict: body.unique_conflict === true };
    },
  };
  return calls as unknown as ScheduleCalls<Tasks>;
}

function at(name: string): string {
  return `/schedules/${encodeURIComponent(name)}`;
}

function toWire({ timeZone, catchUp, jitterSeconds, ...same }: Omit<ScheduleRequest, "name">) {
  return { ...same, time_zone: timeZone, catch_up: catchUp, jitter_seconds: jitterSeconds };
}
