import { misspeltSettings } from "../config/config.ts";
import type { Log } from "../observability/log.ts";

let hasWarned = false;

/** Logs, once a process, each variable that seems to be a setting with a misspelt name. */
export function warnOfMisspelt(log: Log): void {
  if (hasWarned) return;
  hasWarned = true;
  for (const { name, nearest } of misspeltSettings()) log("warn", "unknown_setting", { name, nearest });
}
