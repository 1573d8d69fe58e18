import { type } from "arktype";
import * as v from "valibot";
import * as z from "zod";
import * as mini from "zod/mini";
import { defineTask } from "../../lib/tasks.ts";

/** Treats any value as the answer of the library. */
const answering = (answer: (value: unknown) => unknown) => ({
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) => answer(value) as { value: unknown },
  },
});
export const later = <T>(value: T) => new Promise<T>((resolve) => setImmediate(resolve, value));

/** The same payload, described with each library: an address, sizes, and a number that defaults to 3. */
export const SCHEMAS = {
  zod: z.object({ to: z.email(), n: z.int().default(3), sizes: z.array(z.object({ "w/h": z.number() })).optional() }),
  "zod/mini": mini.object({
    to: mini.email(),
    n: mini._default(mini.int(), 3),
    sizes: mini.optional(mini.array(mini.object({ "w/h": mini.number() }))),
  }),
  valibot: v.object({
    to: v.pipe(v.string(), v.email()),
    n: v.optional(v.pipe(v.number(), v.integer()), 3),
    sizes: v.optional(v.array(v.object({ "w/h": v.number() }))),
  }),
  arktype: type({ to: "string.email", n: "number.integer = 3", "sizes?": type({ "w/h": "number" }).array() }),
  "zod, asynchronous": z.object({
    to: z.string().refine((to) => later(to.includes("@")), "an address"),
    n: z.int().default(3),
    sizes: z.array(z.object({ "w/h": z.number() })).optional(),
  }),
  "zod/mini, asynchronous": mini.object({
    to: mini.string().check(mini.refine((to) => later(to.includes("@")), "an address")),
    n: mini._default(mini.int(), 3),
    sizes: mini.optional(mini.array(mini.object({ "w/h": mini.number() }))),
  }),
  "valibot, asynchronous": v.objectAsync({
    to: v.pipeAsync(
      v.string(),
      v.checkAsync((to) => later(to.includes("@")), "an address"),
    ),
    n: v.optional(v.pipe(v.number(), v.integer()), 3),
    sizes: v.optional(v.array(v.object({ "w/h": v.number() }))),
  }),
};

export type Library = keyof typeof SCHEMAS;

/** Schemas that accept any payload except `bad: true`, which breaks them. */
export const BROKEN = {
  "zod that throws": z.object({ bad: z.boolean().refine((bad) => (bad ? fail() : true)) }),
  "zod/mini that throws": mini.object({ bad: mini.boolean().check(mini.refine((bad) => (bad ? fail() : true))) }),
  "zod that rejects": z.object({ bad: z.boolean().refine(async (bad) => (bad ? fail() : true)) }),
  "valibot that throws": v.object({
    bad: v.pipe(
      v.boolean(),
      v.check((bad) => (bad ? fail() : true)),
    ),
  }),
  "valibot that rejects": v.objectAsync({
    bad: v.pipeAsync(
      v.boolean(),
      v.checkAsync(async (bad) => (bad ? fail() : true)),
    ),
  }),
  "arktype that throws": type({ bad: "boolean" }).narrow(({ bad }) => (bad ? fail() : true)),
  "one that throws nothing": answering((value) => (isBad(value) ? fail(undefined) : { value })),
  "one that rejects with nothing": answering((value) => (isBad(value) ? Promise.reject(undefined) : { value })),
  "one that throws what cannot be read": answering((value) => (isBad(value) ? fail(unreadable) : { value })),
  "one that answers nothing": answering((value) => (isBad(value) ? undefined : { value })),
  "one that answers null, later": answering((value) => (isBad(value) ? later(null) : { value })),
  "one whose issues are no list": answering((value) => (isBad(value) ? { issues: "no" } : { value })),
  "one whose issues are none": answering((value) => (isBad(value) ? { issues: [] } : { value })),
  "one whose issues are empty words": answering((value) => (isBad(value) ? { issues: [null] } : { value })),
};

/** Throws an error that contains the payload, which is a secret. */
export const blabbing = defineTask({
  name: "blabbing",
  sensitive: true,
  maxRetries: 0,
  input: z.string().refine((secret) => {
    throw new RangeError(`wrong: ${secret}`);
  }),
  run: () => undefined,
});

/** Schemas that wait for an answer that never comes if the payload says `bad: true`. `asked` hears of it. */
export const HANGING = {
  "zod that hangs": z.object({ bad: z.boolean().refine((bad) => (bad ? never() : true)) }),
  "zod/mini that hangs": mini.object({ bad: mini.boolean().check(mini.refine((bad) => (bad ? never() : true))) }),
  "zod whose transform hangs": z.object({ bad: z.boolean().transform((bad) => (bad ? never() : bad)) }),
  "valibot that hangs": v.objectAsync({
    bad: v.pipeAsync(
      v.boolean(),
      v.checkAsync((bad) => (bad ? never() : true)),
    ),
  }),
  "one that hangs": answering((value) => (isBad(value) ? never() : { value })),
  // biome-ignore lint/suspicious/noThenProperty: a library's own kind of promise
  "one whose promise is no promise": answering((value) => (isBad(value) ? { then: () => never() } : { value })),
};

let noteAsked: () => void = () => {};

/** Resolves when a hanging schema has been asked `times` times from now on. */
export function asked(times = 1): Promise<void> {
  return new Promise((resolve) => {
    let left = times;
    noteAsked = () => {
      if (--left === 0) resolve();
    };
  });
}

function never(): Promise<boolean> {
  noteAsked();
  return new Promise(() => {});
}

const unreadable = Object.defineProperty(new Error(), "message", {
  get() {
    throw new Error("a getter");
  },
});

function isBad(value: unknown): boolean {
  return (value as { bad?: boolean }).bad === true;
}

function fail(...thrown: [unknown?]): never {
  throw thrown.length > 0 ? thrown[0] : new RangeError("secret words");
}

const named = (name: string) => name.replace(/\W+/g, "_").toLowerCase();

/** A task for each schema, named after it, that answers with its input. */
export const schemaTasks = new Map(
  Object.entries({ ...SCHEMAS, ...BROKEN, ...HANGING }).map(([name, input]) => [
    name,
    defineTask({ name: named(name), input, maxRetries: 0, run: ({ input }) => input as unknown }),
  ]),
);
