// The types that a task's `run` gets and the client may submit. `npx tsc` fails if a type is wrong.
import { type } from "arktype";
import * as v from "valibot";
import { expectTypeOf, test } from "vitest";
import * as z from "zod";
import * as mini from "zod/mini";
import type { PayloadOf } from "../../client/index.ts";
import { defineTask, type Task } from "../../lib/tasks.ts";

interface Input {
  to: string;
  n: number;
}

const zod = defineTask({
  name: "zod",
  input: z.object({ to: z.string(), n: z.int().default(3) }),
  run: ({ input }) => expectTypeOf(input).toEqualTypeOf<Input>(),
});
const zodMini = defineTask({
  name: "mini",
  input: mini.object({ to: mini.string(), n: mini._default(mini.int(), 3) }),
  run: ({ input }) => expectTypeOf(input).toEqualTypeOf<Input>(),
});
const valibot = defineTask({
  name: "valibot",
  input: v.object({ to: v.string(), n: v.optional(v.number(), 3) }),
  run: ({ input }) => expectTypeOf(input).toEqualTypeOf<Input>(),
});
const valibotAsync = defineTask({
  name: "valibot_async",
  input: v.objectAsync({ to: v.string(), n: v.optional(v.number(), 3) }),
  run: ({ input }) => expectTypeOf(input).toEqualTypeOf<Input>(),
});
const arktype = defineTask({
  name: "arktype",
  input: type({ to: "string", n: "number = 3" }),
  run: ({ input }) => expectTypeOf(input).toEqualTypeOf<Input>(),
});

const list = [zod, zodMini, valibot, valibotAsync, arktype] as const;

test("a schema from any library gives the types of `run` and of what may be submitted", () => {
  expectTypeOf(list).toExtend<readonly Task[]>();
  expectTypeOf<PayloadOf<typeof list, "zod">>().toEqualTypeOf<{ to: string; n?: number | undefined }>();
  expectTypeOf<PayloadOf<typeof list, "mini">>().toEqualTypeOf<{ to: string; n?: number | undefined }>();
  expectTypeOf<PayloadOf<typeof list, "valibot">>().toExtend<{ to: string; n?: number | undefined }>();
  expectTypeOf<PayloadOf<typeof list, "valibot_async">>().toExtend<{ to: string; n?: number | undefined }>();
  expectTypeOf<PayloadOf<typeof list, "arktype">>().toExtend<{ to: string; n?: number }>();
});
