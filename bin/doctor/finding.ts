/** What one check saw. */
export interface Finding {
  /** The same few words, whatever was seen. */
  check: string;
  state: "ok" | "warn" | "FAIL";
  seen: string;
  /** What to do about it: a command, or the place in a console. Absent where all is well. */
  mend?: string;
}

export const ok = (check: string, seen: string): Finding => ({ check, state: "ok", seen });
export const warn = (check: string, seen: string, mend: string): Finding => ({ check, state: "warn", seen, mend });
export const fail = (check: string, seen: string, mend: string): Finding => ({ check, state: "FAIL", seen, mend });
