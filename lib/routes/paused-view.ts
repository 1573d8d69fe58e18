import type { Pauses, QueuePause } from "../queue/paused.ts";
import type { PausedView } from "./described/paused-view.ts";
import { rfc3339 } from "./instant.ts";

/** Shows what is paused as a client sees it. */
export function pausedIn({ paused, pausedTasks = [] }: Pauses): PausedView {
  return {
    ...(paused ? { paused: viewOf(paused) } : {}),
    paused_tasks: pausedTasks.map(({ task, parked, resuming, ...pause }) => ({
      task,
      ...viewOf(pause),
      parked,
      ...(resuming ? { resuming } : {}),
    })),
  };
}

function viewOf({ since, until }: QueuePause) {
  return { since: rfc3339(since), ...(until === undefined ? {} : { until: rfc3339(until) }) };
}
