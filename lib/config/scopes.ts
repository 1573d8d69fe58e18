/** What an API key may do. `admin` includes the others. */
export const SCOPES = ["submit", "read", "admin"] as const;
/** One thing that an API key may do. */
export type Scope = (typeof SCOPES)[number];
