import type { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { guardDrain } from "../../lib/worker/crash.ts";

const EVENTS = ["uncaughtException", "unhandledRejection"] as const;
const ERROR = new Error("nobody catches this");
const exit = vi.fn();
let restore: (() => void)[] = [];

beforeEach(() => {
  vi.spyOn(process, "exit").mockImplementation(exit as never);
  restore = EVENTS.map((event) => {
    const own = process.rawListeners(event as "uncaughtException"); // the test runner's
    process.removeAllListeners(event);
    return () => {
      process.removeAllListeners(event);
      for (const each of own) process.on(event, each as () => void);
    };
  });
});
afterEach(() => {
  for (const each of restore) each();
  vi.restoreAllMocks();
  exit.mockClear();
});

const events: EventEmitter = process;
const guard = () => guardDrain(new AbortController(), () => {});
const crash = () => events.emit("uncaughtException", ERROR, "uncaughtException");
const reject = (reason: unknown) => events.emit("unhandledRejection", reason, Promise.resolve());

describe("a drain, and an error that comes from no task", () => {
  test("a once-listener stays one after a drain in which nothing happened", () => {
    const listener = vi.fn();
    process.once("uncaughtException", listener);
    guard()();
    for (const _ of [1, 2]) crash();
    expect(listener).toHaveBeenCalledTimes(1);
  });

  test("a once-listener hears of one error, and is gone after the drain", () => {
    const listener = vi.fn();
    process.once("uncaughtException", listener);
    const end = guard();
    crash();
    expect(listener).toHaveBeenCalledExactlyOnceWith(ERROR, "uncaughtException");
    expect(exit).not.toHaveBeenCalled();
    crash();
    expect(exit).toHaveBeenCalledExactlyOnceWith(1);
    end();
    expect(process.listenerCount("uncaughtException")).toBe(0);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  test("a rejection that has no listener goes to those of exceptions, as Node has it", () => {
    const listener = vi.fn();
    process.on("uncaughtException", listener);
    const end = guard();
    reject(ERROR);
    reject("just words");
    end();
    expect(listener.mock.calls).toEqual([
      [ERROR, "unhandledRejection"],
      [new Error("just words"), "unhandledRejection"],
    ]);
    expect(exit).not.toHaveBeenCalled();
    expect(process.listeners("uncaughtException")).toEqual([listener]);
  });

  test("a rejection goes to its own listeners alone", () => {
    const [listener, other] = [vi.fn(), vi.fn()];
    process.on("unhandledRejection", listener);
    process.on("uncaughtException", other);
    const end = guard();
    reject(ERROR);
    end();
    expect(listener).toHaveBeenCalledExactlyOnceWith(ERROR, expect.any(Promise));
    expect(other).not.toHaveBeenCalled();
  });

  test.each([
    ["an exception", crash],
    ["a rejection", () => reject(ERROR)],
  ])("%s that nobody listens for ends the process", (_, happen) => {
    const end = guard();
    happen();
    end();
    expect(exit).toHaveBeenCalledExactlyOnceWith(1);
  });
});
