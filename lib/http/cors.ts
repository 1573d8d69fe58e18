/** For a browser on another origin, if that origin is one of CORS_ORIGINS. Closed by default. */
export function corsOf(allowed: readonly string[], origin: string | undefined): Record<string, string> {
  if (origin === undefined || allowed.length === 0) return {};
  const vary = { vary: "origin" };
  if (!allowed.includes(origin) && !allowed.includes("*")) return vary;
  return {
    ...vary,
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "location, retry-after, etag, idempotent-replayed, preference-applied",
  };
}
