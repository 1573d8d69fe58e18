import type { Line } from "./log.ts";

/** What is logged while something is done: every line is one event. */
export async function logged<T>(work: () => Promise<T>): Promise<{ result: T; lines: Line[]; text: string }> {
  let text = "";
  const own = Object.getOwnPropertyDescriptor(process.stderr, "write");
  // Not by a spy: the method is that of every socket, and so would the spy be.
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
