import * as v from "valibot";
import * as z from "zod/mini";
import { defineTask, indexTasks } from "../../lib/tasks.ts";

/** Tasks whose payloads are hard to describe. They never run. */
interface Tree {
  name: string;
  children: Tree[];
}
const Tree: z.ZodMiniType<Tree> = z.lazy(() => z.strictObject({ name: z.string(), children: z.array(Tree) }));
type Nested = string | Nested[];
const Nested: z.ZodMiniType<Nested> = z.lazy(() => z.union([z.string(), z.array(Nested)]));

const run = () => null;
export const oddTasks = indexTasks([
  defineTask({ name: "plant", input: z.object({ tree: Tree, spare: z.optional(Tree) }), run }),
  defineTask({ name: "nest", input: z.object({ rows: z.array(Nested) }), run }),
  defineTask({ name: "any_json", input: z.json(), run }),
  defineTask({ name: "map_json", input: z.record(z.string(), z.json()), run }),
  defineTask({
    name: "name_like_keywords",
    input: z.object({
      default: z._default(z.string(), "x"),
      properties: z.object({ items: z._default(z.array(z.string()), []), default: z.optional(z.int()) }),
      "a-b c": z._default(z.nullable(z.boolean()), null),
    }),
    run,
  }),
  defineTask({
    name: "choose",
    input: z.union([z.object({ kind: z.literal("a"), n: z._default(z.int(), 1) }), z.object({ kind: z.literal("b") })]),
    run,
  }),
  defineTask({ name: "valibot", input: v.object({ to: v.optional(v.string(), "you"), n: v.number() }), run }),
  defineTask({
    name: "described",
    input: v.any(),
    jsonSchema: {
      type: "object",
      required: ["n"],
      properties: { n: { type: "integer" }, m: { type: "integer", default: 2 } },
    },
    run,
  }),
]);
