/** Makes the headers that let a page of another origin read the answer, if CORS_ORIGINS has that origin. Default: none. */
export function corsOf(allowed: readonly string[], origin: string | undefined): Record<string, string> {
  if (origin === undefined || allowed.length === 0) return {};
  const vary = { vary: "origin" };
  if (!allowed.includes(origin) && !allowed.includes("*")) return vary;
  return {
    ...vary,
    "access-control-allow-origin": origin,
    "access-control-expose-headers":
      "location, retry-after, etag, idempotent-replayed, unique-conflict, preference-applied",
  };
}
