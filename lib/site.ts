import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { problems } from "./errors.ts";
import { type Incoming, incoming } from "./event.ts";

/** A file as the bundler took it along (`?gzip`, esbuild.plugins.cjs). */
export interface Asset {
  /** Its content type. */
  type: string;
  /** Of its content: another content, another tag. */
  tag: string;
  /** Compressed, in base64. */
  gzip: string;
}

type Result = APIGatewayProxyStructuredResultV2;

/** Only what comes from here runs, nothing inline, and nobody may frame it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** For any page. `styles` are the hashes of its inline style sheets: `sha256-…`. */
export function securityHeaders(styles: readonly string[] = []): Record<string, string> {
  const policy = CONTENT_SECURITY_POLICY.map((rule) =>
    rule.startsWith("style-src") ? [rule, ...styles.map((hash) => `'${hash}'`)].join(" ") : rule,
  );
  return {
    "content-security-policy": policy.join("; "),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
  };
}

/**
 * A Lambda handler for a page and, under `{file}`, its files. The page refers to them with their tags, so they may be
 * kept for ever; the page itself is asked for again each time.
 */
export function site(folder: string, html: string, files: Record<string, Asset>) {
  const page = html.replace(new RegExp(`="(${folder}/([\\w.-]+))"`, "g"), (whole, path: string, name: string) => {
    const file = files[name];
    return file ? `="${path}?v=${file.tag}"` : whole;
  });
  const pageTag = createHash("sha256").update(page).digest("base64url").slice(0, 16);
  return async (event: unknown): Promise<Result> => {
    const request = incoming(event);
    const wanted = request.parameters.file;
    if (wanted === undefined) {
      const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" };
      return unlessKnown(request, pageTag, headers, () => ({ body: page }));
    }
    const file = Object.hasOwn(files, wanted) ? files[wanted] : undefined;
    if (!file) return noSuchFile(request.path);
    const kept = request.query.v === file.tag ? "public, max-age=31536000, immutable" : "no-cache";
    const headers = { "content-type": file.type, "cache-control": kept, vary: "accept-encoding" };
    return unlessKnown(request, file.tag, headers, () => contentOf(file, request));
  };
}

/** The answer, or 304 to whoever has it. */
function unlessKnown({ headers }: Incoming, tag: string, own: Record<string, string>, content: () => Result): Result {
  const all = { ...own, etag: `"${tag}"`, ...securityHeaders() };
  if (headers["if-none-match"]?.includes(`"${tag}"`)) return { statusCode: 304, headers: all, body: "" };
  const { headers: more, ...rest } = content();
  return { statusCode: 200, ...rest, headers: { ...all, ...more } };
}

function contentOf({ gzip }: Asset, { headers }: Incoming): Result {
  if (/\bgzip\b/.test(headers["accept-encoding"] ?? ""))
    return { body: gzip, isBase64Encoded: true, headers: { "content-encoding": "gzip" } };
  return { body: gunzipSync(Buffer.from(gzip, "base64")).toString("base64"), isBase64Encoded: true };
}

function noSuchFile(instance: string): Result {
  const code = "route_not_found";
  const { status, title } = problems[code];
  return {
    statusCode: status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
    body: JSON.stringify({ type: `/problems/${code}`, title, status, code, detail: "no such file", instance }),
  };
}
