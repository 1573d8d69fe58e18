import { type Command, ReplyError } from "./backend.ts";
import { keepsItsDigits, quoteNumbers } from "./json-numbers.ts";

/** A command, or the reason why the text is not one. */
export type ParsedCommand = Command | ReplyError;

/** Reads the body of a request to `/`: `["SET","key",1]`. */
export function parseCommand(body: Buffer): ParsedCommand {
  const json = parse(body);
  if (!Array.isArray(json?.value)) return new ReplyError("ERR failed to parse command");
  if (json.value.length === 0) return new ReplyError("ERR empty command");
  return toCommand(json.value, () => JSON.parse(quoteNumbers(json.text)));
}

/** Reads the body of a request to `/pipeline` or `/multi-exec`: `[["SET","key",1],["GET","key"]]`. */
export function parseBatch(body: Buffer, name: "pipeline" | "transaction"): ParsedCommand[] | ReplyError {
  const json = parse(body);
  if (!Array.isArray(json?.value) || !json.value.every(Array.isArray)) {
    return new ReplyError(`ERR failed to parse ${name} request`);
  }
  if (json.value.length === 0) return new ReplyError(`ERR empty ${name} request`);
  let exact: unknown[][] | undefined;
  return json.value.map((items: unknown[], at) => {
    if (items.length === 0) return new ReplyError(`ERR empty ${name} command`);
    return toCommand(items, () => {
      exact ??= JSON.parse(quoteNumbers(json.text)) as unknown[][];
      return exact[at]!;
    });
  });
}

/**
 * Reads a command from a path: `/set/key/value`. `POST /set/key?EX=100` with a body is `SET key <body> EX 100`: the body
 * follows the path unchanged, and query parameters follow the body.
 */
export function commandOfPath(path: string, query: string, body: Buffer): ParsedCommand {
  const command: (string | Buffer)[] = path.slice(1).split("/").map(decodePercent);
  if (command[0] === "") return new ReplyError("ERR empty command");
  if (body.length > 0) command.push(body);
  for (const parameter of query.split("&")) {
    if (parameter === "" || parameter.startsWith("_token=")) continue;
    const at = parameter.indexOf("=");
    const parts = at < 0 ? [parameter] : [parameter.slice(0, at), parameter.slice(at + 1)];
    command.push(...parts.map((part) => decodePercent(part.replaceAll("+", " "))));
  }
  return command;
}

/** Decodes percent-encoded bytes, which need not be text: what is not valid UTF-8 becomes a Buffer. */
export function decodePercent(text: string): string | Buffer {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    const bytes = Buffer.from(text, "utf8").toString("latin1");
    const hex = /%([0-9a-f]{2})/gi;
    return Buffer.from(
      bytes.replace(hex, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
      "latin1",
    );
  }
}

interface ParsedJson {
  readonly value: unknown;
  readonly text: string;
}

function parse(body: Buffer): ParsedJson | undefined {
  const text = body.toString("utf8");
  try {
    return { text, value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Makes a command of JSON values. `exact` returns the same items with each number as the text that was sent. */
function toCommand(items: readonly unknown[], exact: () => readonly unknown[]): ParsedCommand {
  const command: string[] = [];
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    if (typeof item === "string") command.push(item);
    else if (typeof item === "number") command.push(keepsItsDigits(item) ? String(item) : String(exact()[at]));
    else {
      const text = toJson(item);
      if (text === undefined) return new ReplyError("ERR failed to parse command");
      command.push(text);
    }
  }
  return command;
}

/** Writes JSON. Returns undefined if the value is nested too deeply. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
