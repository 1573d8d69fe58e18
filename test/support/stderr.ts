import type { Line } from "./log.ts";

/** Collects what is logged during the work: each line is an event. */
export async function logged<T>(work: () => Promise<T>): Promise<{ result: T; lines: Line[]; text: string }> {
  let text = "";
  const own = Object.getOwnPropertyDescriptor(process.stderr, "write");
  // Not with a spy: all sockets share the method, and so would the spy.
  const write = (chunk: unknown) => {
    text += String(chunk);
    return true;
  };
  Object.defineProperty(process.stderr, "write", { value: write, configurable: true, writable: true });
  try {
    const result = await work();
    return { result, text, lines: text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Line])) };
  } finally {
    if (own) Object.defineProperty(process.stderr, "write", own);
    else Reflect.deleteProperty(process.stderr, "write");
  }
}
