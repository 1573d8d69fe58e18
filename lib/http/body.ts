import { describe, type Fault, Problem } from "../errors.ts";
import { changedNumbers } from "../json/numbers.ts";
import { faultAt, invalid } from "../schema/check.ts";
import { cut } from "../text.ts";
import type { ApiRequest } from "./request.ts";

/**
 * The largest body that is read, in bytes. It is above every valid body of one job: a payload whose every other character is
 * written as an escape (as Python does with what is not ASCII) and its envelope. API Gateway itself lets 10 MB pass, Lambda 6.
 */
export const BODY_BYTES = 1024 * 1024;
const MAX_NESTING = 100;

/**
 * Parses the body, whatever it calls itself: what `curl -d` sends says that it is a form.
 *
 * @throws Problem `unsupported_media_type`, `payload_too_large`, `malformed_json`; `invalid_request` for what JSON allows
 *         and JavaScript would change: a number that it cannot hold, a field `__proto__`
 */
export function jsonOf(request: Pick<ApiRequest, "headers" | "body">, mostBytes = BODY_BYTES): unknown {
  mustBeReadable(request, mostBytes);
  const { body = new Uint8Array() } = request;
  mustFit(body.length, mostBytes);
  const text = utf8(body);
  const value = parsed(text);
  const numbers = changedNumbers(text).map(({ path, detail }) => faultAt("", path, detail));
  const faults = [...numbers, ...misleadingIn(value)];
  if (faults.length > 0) throw invalid("invalid_request", faults);
  return value;
}

/**
 * Checks, by the headers alone, that a body is JSON and not too large.
 *
 * @throws Problem `unsupported_media_type`, `payload_too_large`
 */
export function mustBeReadable({ headers }: Pick<ApiRequest, "headers">, mostBytes = BODY_BYTES): void {
  mustBeJson(headers);
  mustFit(Number(headers["content-length"] ?? 0), mostBytes);
}

function mustFit(bytes: number, mostBytes: number): void {
  if (!(bytes > mostBytes)) return;
  const detail = `the body has ${bytes} bytes, more than the ${mostBytes} that are accepted`;
  throw new Problem("payload_too_large", detail);
}

function mustBeJson(headers: Record<string, string>): void {
  const [type = "", ...parameters] = (headers["content-type"] ?? "").toLowerCase().split(";");
  if (!/^$|^application\/(json|[\w.-]+\+json|x-www-form-urlencoded)$|^text\/plain$/.test(type.trim())) {
    throw new Problem("unsupported_media_type", `send JSON as application/json, not as ${cut(type.trim(), 100)}`);
  }
  for (const parameter of parameters) {
    const [, charset] = parameter.match(/^\s*charset\s*=\s*"?([^"]*?)"?\s*$/) ?? [];
    if (charset === undefined || /^(utf-?8|us-ascii)$/.test(charset)) continue;
    throw new Problem("unsupported_media_type", `send JSON in UTF-8, not in ${cut(charset, 100)}`);
  }
  const coding = headers["content-encoding"]?.trim().toLowerCase() || "identity";
  if (coding !== "identity") {
    throw new Problem("unsupported_media_type", `send JSON without Content-Encoding, not as ${cut(coding, 100)}`);
  }
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Problem("malformed_json", "the body is not UTF-8: send JSON in UTF-8");
  }
}

function parsed(text: string): unknown {
  if (nestingOf(text) > MAX_NESTING)
    throw new Problem("malformed_json", `the body is nested more than ${MAX_NESTING} levels deep`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem(
      "malformed_json",
      text === "" ? "the body is empty: send one JSON object" : describe(error).message,
    );
  }
}

/** Counts how deep brackets nest, outside of strings: checked before anything recursive sees the value. */
function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === "\\") i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") deepest = Math.max(deepest, ++depth);
    else if (character === "}" || character === "]") depth--;
  }
  return deepest;
}

/** Finds fields that would not reach the task: zod passes over `__proto__`. */
function misleadingIn(value: unknown, path: string[] = [], faults: Fault[] = []): Fault[] {
  if (typeof value !== "object" || value === null) return faults;
  for (const [name, inner] of Object.entries(value)) {
    path.push(name);
    if (name === "__proto__") faults.push(faultAt("", path, "a field cannot have this name"));
    misleadingIn(inner, path, faults);
    path.pop();
  }
  return faults;
}
