import type { ApiRequest } from "./request.ts";

/** Only what comes from here runs, nothing inline, and nobody may frame it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** A browser that came by https comes by https alone for a year. */
const STRICT_TRANSPORT_SECURITY = "max-age=31536000";

/** Makes the security headers of a page. `styles` are the hashes of its inline style sheets: `sha256-…`. */
export function securityHeaders(
  { headers }: Pick<ApiRequest, "headers">,
  styles: readonly string[] = [],
): Record<string, string> {
  const policy = CONTENT_SECURITY_POLICY.map((rule) =>
    rule.startsWith("style-src") ? [rule, ...styles.map((hash) => `'${hash}'`)].join(" ") : rule,
  );
  return {
    "content-security-policy": policy.join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    ...(headers["x-forwarded-proto"] === "https" ? { "strict-transport-security": STRICT_TRANSPORT_SECURITY } : {}),
  };
}
