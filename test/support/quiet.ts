import { afterAll, afterEach, expect } from "vitest";

/** Log lines that have reached the terminal since the last test. */
const stray: string[] = [];
const own = Object.getOwnPropertyDescriptor(process.stderr, "write");
const write = process.stderr.write.bind(process.stderr) as (...given: unknown[]) => boolean;

// Not with a spy: all sockets share the method, and so would the spy.
Object.defineProperty(process.stderr, "write", {
  configurable: true,
  writable: true,
  value: (...given: unknown[]) => {
    const text = String(given[0]);
    if (!text.startsWith('{"time":')) return write(...given);
    stray.push(text);
    return true;
  },
});

afterEach(() =>
  expect(
    stray.splice(0),
    "a test logged to the terminal: catch the lines with logged (test/support/stderr.ts)",
  ).toEqual([]),
);
afterAll(() => {
  if (own) Object.defineProperty(process.stderr, "write", own);
  else Reflect.deleteProperty(process.stderr, "write");
});
