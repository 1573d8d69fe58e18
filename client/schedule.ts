import type { Priority } from "./job.ts";
import type { CallOptions, KeyOptions } from "./options.ts";
import type { JobId, PayloadField, PayloadOf, TaskName, TaskTypes } from "./task-types.ts";
import type { Submitted } from "./types.ts";

/** When the slots of a schedule are: by a cron expression on the clock of a time zone, or at the multiples of a length of time. */
type ScheduleTimes =
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

/** How a schedule makes jobs. */
interface ScheduleOptions {
  /**
   * What becomes of slots that were missed, because no worker ran: the last one makes a job (`last`, the default), none does
   * (`skip`), or the last few do (`{ all: 10 }`, at most 1,000), whatever `overlap` says.
   */
  catchUp?: "last" | "skip" | { all: number } | undefined;
  /** What a slot does while the job of an earlier one has not finished: nothing (`skip`, the default), or one more job. */
  overlap?: "skip" | "allow" | undefined;
  /** Spreads jobs over this many seconds after their slot, 0 to 3,600. The same slot always gets the same delay. Default 0. */
  jitterSeconds?: number | undefined;
  /** The priority of its jobs. Default `normal`. */
  priority?: Priority | undefined;
  /** Whether it waits until it is resumed. Default false. */
  paused?: boolean | undefined;
}

/** A schedule to be made or changed: its name, what it runs, and when. */
export type ScheduleRequest<Tasks extends TaskTypes = TaskTypes, Name extends TaskName<Tasks> = TaskName<Tasks>> =
  Name extends TaskName<Tasks>
    ? {
        /** Letters, digits, dots, colons, dashes and underscores, at most 100. */
        name: string;
        task: Name;
      } & PayloadField<PayloadOf<Tasks, Name>> &
        ScheduleTimes &
        ScheduleOptions
    : never;

/** A schedule as the API shows it. */
export interface ScheduleInfo<Name extends string = string> {
  name: string;
  task: Name;
  /** Absent where there is none, and for a sensitive task, unless the key has the scope `admin`. */
  payload?: unknown;
  /** Absent where `everySeconds` is there. */
  cron?: string;
  /** The zone of `cron`. */
  timeZone?: string;
  everySeconds?: number;
  catchUp: "last" | "skip" | { all: number };
  overlap: "skip" | "allow";
  jitterSeconds: number;
  priority: Priority;
  /** Whether it is paused. `pausedUntil`: when that ends by itself. */
  paused: boolean;
  pausedUntil?: Date;
  /** Whether it is declared in the code of the application, or was made at run time. Only the latter can be changed. */
  source: "code" | "api";
  /** The next three slots. Fewer if no more slots follow, none while it is paused without end. The first may be past. */
  nextRuns: Date[];
  /** The newest slot that made a job, and that job. Absent: none has. */
  lastRun?: { slot: Date; jobId: JobId<Name> };
  /** Its definition cannot be read: damaged, or of a later version. */
  unreadable?: true;
}

/** The options of `schedules.list`. */
export interface ScheduleListOptions extends CallOptions {
  /** The number of schedules a page, 1 to 100. Default 50. */
  limit?: number | undefined;
  /** The `nextCursor` of an earlier page: the list continues after it. */
  cursor?: string | undefined;
}

/** A list of schedules by name: one by one, or page by page. */
export interface ScheduleListing<Info> extends AsyncIterable<Info> {
  pages(): AsyncGenerator<{ schedules: Info[]; nextCursor?: string }, void>;
}

/** What a client does with schedules. */
export interface ScheduleCalls<Tasks extends TaskTypes = TaskTypes> {
  /** Makes a schedule, or changes the one of this name to exactly this. The slots that are past make no jobs. */
  put(schedule: ScheduleRequest<Tasks>, options?: CallOptions): Promise<ScheduleInfo<TaskName<Tasks>>>;
  /** Returns a schedule. */
  get(name: string, options?: CallOptions): Promise<ScheduleInfo<TaskName<Tasks>>>;
  /** Lists the schedules by name. Sends its first request when it is iterated. */
  list(options?: ScheduleListOptions): ScheduleListing<ScheduleInfo<TaskName<Tasks>>>;
  /** Deletes a schedule that was made at run time. The jobs that it made stay. */
  delete(name: string, options?: CallOptions): Promise<void>;
  /** Submits one job of a schedule now, whatever its slots are, also while it is paused. */
  run(name: string, options?: KeyOptions): Promise<Submitted<TaskName<Tasks>>>;
}
