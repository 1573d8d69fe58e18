import type { Priority } from "../queue/job.ts";
import type { InferInput, StandardSchema } from "../schema/standard.ts";
import type { Task } from "../tasks.ts";
import type { CatchUp, Overlap } from "./schedule.ts";

/** When the slots of a declared schedule are: by a cron expression, or at the multiples of a length of time since the epoch. */
type DeclaredRule =
  | {
      /** Five fields, six with seconds, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`: `30 2 * * mon-fri`. */
      cron: string;
      /** An IANA zone: `Europe/Berlin`. Default `UTC`. */
      timeZone?: string | undefined;
      every?: undefined;
    }
  | {
      /** Seconds, or a number with its unit: `15m`, `15 minutes`. Counts from the epoch, so `1h` is on the hour in UTC. */
      every: number | string;
      cron?: undefined;
      timeZone?: undefined;
    };

/** A payload that may be empty may be left out. */
type DeclaredPayload<Input> = Record<never, never> extends Input ? { payload?: Input | undefined } : { payload: Input };

/** A schedule as an application declares it: its name, what it runs, and when. */
interface DeclaredOptions {
  /** Letters, digits, dots, colons, dashes and underscores, at most 100. No other schedule of the queue has it. */
  name: string;
  /** What becomes of slots that were missed, because no worker ran. Default `last`; `{ all: 10 }` is at most 1,000. */
  catchUp?: CatchUp | undefined;
  /** What a slot does while the job of an earlier one has not finished. Default `skip`. */
  overlap?: Overlap | undefined;
  /** Spreads jobs over this many seconds after their slot, 0 to 3,600. The same slot always gets the same delay. Default 0. */
  jitterSeconds?: number | undefined;
  /** The priority of its jobs. Default `normal`. */
  priority?: Priority | undefined;
  /** Whether it waits until it is resumed. Default false. */
  paused?: boolean | undefined;
}

type DeclaredOf<Each> = Each extends { readonly name: infer Name extends string; readonly input: infer Schema }
  ? { task: Name | { readonly name: Name } } & DeclaredPayload<InferInput<Extract<Schema, StandardSchema>>> &
      DeclaredRule &
      DeclaredOptions
  : never;

/**
 * One of the schedules that `defineQueue` is given, or `queue.schedules.put`. The task is one of the queue's, itself or its
 * name, and the payload must fit it.
 */
export type ScheduleOption<Tasks extends readonly Task[] = readonly Task[]> = DeclaredOf<Tasks[number]>;
