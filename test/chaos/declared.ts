import type { DeclaredSchedule } from "../../lib/schedules/schedule.ts";

const payload = { ms: 5, fails: 0 };

/** What the two versions of the application declare: half of the workers are of the old one, as while a new one is deployed. */
export const DECLARED: Record<"old" | "new", DeclaredSchedule[]> = {
  old: [
    { name: "declared", task: "marked", payload, every: 1, overlap: "allow" },
    { name: "declared.old", task: "marked", payload, cron: "*/2 * * * * *", overlap: "allow" },
  ],
  new: [
    { name: "declared", task: "marked", payload, cron: "*/3 * * * * *", timeZone: "Europe/Berlin", overlap: "allow" },
    { name: "declared.new", task: "fresh", payload, every: 2, overlap: "allow", priority: "high" },
  ],
};
