/** What an API key may do. `admin` includes the others. */
export const SCOPES = ["submit", "read", "admin"] as const;
/** One thing that an API key may do. */
export type Scope = (typeof SCOPES)[number];

/** Who calls: the name of a key, or what the application calls its user, and what it may do. */
export interface Caller {
  /** Stands in the log, and has a rate of its own. */
  name: string;
  scopes: readonly Scope[];
}

/** The application that has the queue, in its own process: it may do everything, and no allowance limits it. */
export const ITSELF: Caller = { name: "", scopes: ["admin"] };
