import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { problemReply, type WrittenReply } from "./reply.ts";
import type { ApiRequest, HeaderFields } from "./request.ts";
import type { PageRoute } from "./route.ts";
import { securityHeaders } from "./security-headers.ts";

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

/** How many places a page is kept for: a framework may let callers spell the path to it in many ways. */
const KEPT_PLACES = 16;

/**
 * Makes what shows a page and, under `{file}`, its files. The page refers to them with their tags, so they may be kept
 * forever; a browser asks for the page itself each time.
 */
export function site(folder: string, html: string, files: Record<string, Asset>): PageRoute["show"] {
  const pages = new Map<string, { text: string; tag: string }>();

  /** Makes the page as it is where the API is mounted under `base`. */
  function pageAt(base: string): { text: string; tag: string } {
    const known = pages.get(base);
    if (known) return known;
    const references = new RegExp(`="(/?${folder}/([\\w.-]+))"`, "g");
    const tagged = html.replace(references, (whole, path: string, name: string) => {
      const file = files[name];
      return file ? `="${path}?v=${file.tag}"` : whole;
    });
    const text = under(base, tagged);
    const page = { text, tag: createHash("sha256").update(text).digest("base64url").slice(0, 16) };
    if (pages.size < KEPT_PLACES) pages.set(base, page);
    return page;
  }

  return async (request, { file: wanted }) => {
    if (wanted === undefined) {
      const { text, tag } = pageAt(request.base ?? "");
      const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" };
      return unlessKnown(request, tag, headers, () => ({ body: text }));
    }
    const file = Object.hasOwn(files, wanted) ? files[wanted] : undefined;
    if (!file) return noSuchFile(request);
    const kept = request.query.v === file.tag ? "public, max-age=31536000, immutable" : "no-cache";
    const headers = { "content-type": file.type, "cache-control": kept, vary: "accept-encoding" };
    return unlessKnown(request, file.tag, headers, () => contentOf(file, request));
  };
}

/** Makes a page refer to what lies under `base`, whether its own path ends with a slash or not. */
function under(base: string, html: string): string {
  if (base === "") return html;
  return html.replace(/="\/(?=\w)/g, `="${base}/`).replace("<head>", `<head><base href="${base}/">`);
}

type Content = Pick<WrittenReply, "body"> & { headers?: HeaderFields };

/** Answers with the content, or with 304 where the client has it already. */
function unlessKnown(request: ApiRequest, tag: string, own: HeaderFields, content: () => Content): WrittenReply {
  const all = { ...own, etag: `"${tag}"`, ...securityHeaders(request) };
  if (request.headers["if-none-match"]?.includes(`"${tag}"`)) return { status: 304, headers: all, body: "" };
  const { body, headers } = content();
  return { status: 200, headers: { ...all, ...headers }, body };
}

const ENCODINGS = ["br", "gzip"] as const;

function contentOf(file: Asset, { headers }: ApiRequest): Content {
  const encoding = ENCODINGS.find((each) => accepts(headers["accept-encoding"] ?? "", each));
  if (!encoding) return { body: plainOf(file) };
  return { body: Buffer.from(file[encoding], "base64"), headers: { "content-encoding": encoding } };
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
const plain = new WeakMap<Asset, Uint8Array>();

function plainOf(file: Asset): Uint8Array {
  const known = plain.get(file);
  if (known !== undefined) return known;
  const bytes = gunzipSync(Buffer.from(file.gzip, "base64"));
  plain.set(file, bytes);
  return bytes;
}

/** Answers that a page, or a file of it, does not exist. */
export function noSuchFile(request: Pick<ApiRequest, "path" | "base">): WrittenReply {
  return problemReply({ code: "route_not_found", message: "no such file" }, request);
}
