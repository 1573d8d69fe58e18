import { cut } from "../text.ts";

type SourceMap = InstanceType<typeof import("node:module")["SourceMap"]>;

const maps = new Map<string, SourceMap | undefined>();

/** The sources of frames. What fails once fails again: then an error is read in 25 µs in place of 50. */
const origins = new Map<string, string>();
const KEPT_ORIGINS = 1_000;

/** The longest stack that is looked at, in characters. */
const STACK_CHARACTERS = 16_384;

/**
 * Gives an error's stack in terms of the sources, by the map beside each bundle; as it is where there is no map. Node's own
 * `--enable-source-maps` would read the maps at every cold start, for 3 ms; this reads them when something has failed.
 */
export function stackOf(error: Error): string | undefined {
  const stack = readStack(error);
  return stack === undefined ? undefined : mapped(cut(stack, STACK_CHARACTERS));
}

/** Gives the frames of the stack alone, without the name and the message, which may be long. Never throws. */
export function framesOf(error: Error): string | undefined {
  const stack = readStack(error);
  if (stack === undefined) return undefined;
  const rest = headless(stack, error);
  const at = /^[ \t]+at /m.exec(rest)?.index;
  return at === undefined ? undefined : mapped(cut(rest.slice(at), STACK_CHARACTERS));
}

/** Cuts the message off the stack: it may have lines that look like frames. */
function headless(stack: string, error: Error): string {
  try {
    const { message } = error;
    const at = typeof message === "string" && message !== "" ? stack.indexOf(message) : -1;
    return at < 0 ? stack : stack.slice(at + message.length);
  } catch {
    return stack;
  }
}

/** Reads the stack, which may be a getter that throws, or anything. */
function readStack(error: Error): string | undefined {
  try {
    return typeof error.stack === "string" ? error.stack : undefined;
  } catch {
    return undefined;
  }
}

function mapped(stack: string): string {
  return stack.replace(/(file:[^\s()]+\.mjs):(\d+):(\d+)/g, (frame, file: string, line: string, column: string) => {
    const known = origins.get(frame);
    if (known !== undefined) return known;
    if (origins.size >= KEPT_ORIGINS) origins.clear();
    const origin = originOf(file, Number(line), Number(column)) ?? frame;
    origins.set(frame, origin);
    return origin;
  });
}

function originOf(file: string, line: number, column: number): string | undefined {
  if (!maps.has(file)) maps.set(file, mapOf(file));
  const origin = maps.get(file)?.findEntry(line - 1, column - 1);
  if (!origin || !("originalSource" in origin)) return undefined;
  const source = origin.originalSource.replace(/^(\.\.\/)+/, ""); // from the bundle's folder
  return `${source}:${origin.originalLine + 1}:${origin.originalColumn + 1}`;
}

function mapOf(bundle: string): SourceMap | undefined {
  try {
    const { SourceMap } = process.getBuiltinModule("node:module");
    const text = process.getBuiltinModule("node:fs").readFileSync(new URL(`${bundle}.map`), "utf8");
    return new SourceMap(JSON.parse(text) as ConstructorParameters<typeof SourceMap>[0]);
  } catch {
    return undefined; // the frame as it is says more than nothing
  }
}
