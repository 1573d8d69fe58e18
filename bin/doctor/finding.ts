/** The outcome of one check. */
export interface Finding {
  /** The name of the check. */
  check: string;
  state: "ok" | "warn" | "FAIL";
  /** What the check saw. */
  seen: string;
  /** What to do about it: a command, or the place in a console. Absent if nothing is wrong. */
  fix?: string;
}

/** Makes the finding that nothing is wrong. */
export const ok = (check: string, seen: string): Finding => ({ check, state: "ok", seen });
/** Makes a finding that a person should look at. */
export const warn = (check: string, seen: string, fix: string): Finding => ({ check, state: "warn", seen, fix });
/** Makes a finding that has to be fixed. */
export const fail = (check: string, seen: string, fix: string): Finding => ({ check, state: "FAIL", seen, fix });
