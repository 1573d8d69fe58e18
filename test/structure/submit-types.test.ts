// What `submit` takes from a task. Compiled: `npx tsc` fails where a type is another.
import { expect, expectTypeOf, test } from "vitest";
import * as z from "zod/mini";
import { defineTask, type TaskContext } from "../../lib/tasks.ts";

const child = defineTask({ name: "child", input: z.object({ n: z.int() }), run: ({ input: { n } }) => n * 2 });
const any = defineTask({ name: "any", input: z.unknown(), run: ({ input }) => input });
type Submit = TaskContext<unknown>["submit"];

test("the task decides what may be submitted to it", () => {
  const compiled: ((submit: Submit) => unknown)[] = [];
  compiled.push((submit) => submit(child, { n: 1 }, { key: "a", priority: "low", delaySeconds: 1, maxRetries: 2 }));
  compiled.push((submit) => submit(any));
  // @ts-expect-error it needs a payload
  compiled.push((submit) => submit(child));
  // @ts-expect-error `n` is a number
  compiled.push((submit) => submit(child, { n: "1" }));
  // @ts-expect-error there is no such priority
  compiled.push((submit) => submit(any, {}, { priority: "urgent" }));
  // @ts-expect-error a task, not its name
  compiled.push((submit) => submit("child", { n: 1 }));
  expectTypeOf<ReturnType<Submit>>().toEqualTypeOf<Promise<string>>();
  expect(compiled).toHaveLength(6);
});
