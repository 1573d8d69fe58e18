import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { PROBLEM_HEADERS, problemBody } from "../errors.ts";
import { type Incoming, incoming } from "./event.ts";

/** A file that is built into a function (`?gzip`, esbuild.plugins.cjs). */
export interface Asset {
  /** Its content type. */
  type: string;
  /** Changes with the content. */
  tag: string;
  /** Compressed, in base64: sent as it is. */
  br: string;
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

/** A browser that came by https comes by https alone for a year. */
const STRICT_TRANSPORT_SECURITY = "max-age=31536000";

/** Makes the security headers of a page. `styles` are the hashes of its inline style sheets: `sha256-…`. */
export function securityHeaders({ headers }: Incoming, styles: readonly string[] = []): Record<string, string> {
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

/**
 * Makes a Lambda handler for a page and, under `{file}`, its files. The page refers to them with their tags, so they may be
 * kept forever; a browser asks for the page itself each time.
 */
export function site(folder: string, html: string, files: Record<string, Asset>) {
  const page = html.replace(new RegExp(`="(/?${folder}/([\\w.-]+))"`, "g"), (whole, path: string, name: string) => {
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

/** Answers with the content, or with 304 where the client has it already. */
function unlessKnown(request: Incoming, tag: string, own: Record<string, string>, content: () => Result): Result {
  const all = { ...own, etag: `"${tag}"`, ...securityHeaders(request) };
  if (request.headers["if-none-match"]?.includes(`"${tag}"`)) return { statusCode: 304, headers: all, body: "" };
  const { headers: more, ...rest } = content();
  return { statusCode: 200, ...rest, headers: { ...all, ...more } };
}

const ENCODINGS = ["br", "gzip"] as const;

function contentOf(file: Asset, { headers }: Incoming): Result {
  const encoding = ENCODINGS.find((each) => accepts(headers["accept-encoding"] ?? "", each));
  if (!encoding) return { body: plainOf(file), isBase64Encoded: true };
  return { body: file[encoding], isBase64Encoded: true, headers: { "content-encoding": encoding } };
}

/** Tells whether an `Accept-Encoding` header (RFC 9110, section 12.5.3) names an encoding, and not with a weight of 0. */
function accepts(header: string, encoding: string): boolean {
  const named = header.split(",").map((each) =>
    each
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/),
  );
  return named.some(([name, weight]) => name === encoding && !/^q=0(\.0*)?$/.test(weight ?? ""));
}

/** Files unpacked for the few clients that take neither encoding. */
const plain = new WeakMap<Asset, string>();

function plainOf(file: Asset): string {
  const known = plain.get(file);
  if (known !== undefined) return known;
  const text = gunzipSync(Buffer.from(file.gzip, "base64")).toString("base64");
  plain.set(file, text);
  return text;
}

/** Answers that a page, or a file of it, does not exist. */
export function noSuchFile(instance: string): Result {
  const body = problemBody("route_not_found", "no such file", instance);
  return { statusCode: body.status, headers: PROBLEM_HEADERS, body: JSON.stringify(body) };
}
