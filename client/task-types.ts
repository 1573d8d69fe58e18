/** What the client reads of a task's type. What `defineTask` gives is one; so is any object of this shape. */
export interface TaskType {
  readonly name: string;
  readonly input: { readonly "~standard": { readonly types?: { readonly input: unknown } | undefined } };
  run(context: never): unknown;
}

/** The tasks of a deployment: `typeof taskList` of its `tasks/index.ts`. */
export type TaskTypes = readonly TaskType[];

export type TaskName<Tasks extends TaskTypes = TaskTypes> = Tasks[number]["name"];

/** What may be submitted to a task: the input of its schema, defaults not yet filled in. */
export type PayloadOf<Tasks extends TaskTypes, Name extends TaskName<Tasks>> = {
  [Task in Tasks[number] as Task["name"]]: InputOf<Task["input"]["~standard"]>;
}[Name];

/** What comes back of a task: what its `run` returns, as JSON carries it. Nothing returned: undefined. */
export type ResultOf<Tasks extends TaskTypes, Name extends TaskName<Tasks>> = {
  [Task in Tasks[number] as Task["name"]]: AsJson<Awaited<ReturnType<Task["run"]>>>;
}[Name];

type InputOf<Standard> = Standard extends { readonly types?: { readonly input: infer Input } | undefined }
  ? Input
  : unknown;

/** A value of a result after its way as JSON: a `Date` is a string then, an error its name and its message. */
export type AsJson<Value> = unknown extends Value
  ? unknown
  : Value extends Error
    ? "stack" extends keyof Value
      ? { name: string; message: string }
      : { [Key in keyof Value]: AsJson<Value[Key]> } // any object with a name and a message
    : Value extends { toJSON(): infer Json }
      ? AsJson<Json>
      : Value extends object
        ? { [Key in keyof Value]: AsJson<Value[Key]> }
        : Value extends void
          ? undefined
          : Value;

declare const task: unique symbol;

/** A job's id, a UUID. The type remembers the task, so that `waitFor` knows the result; any string will do as well. */
export type JobId<Name extends string = string> = string & { readonly [task]: Name };

type MayBeLeftOut<Payload> = Record<never, never> extends Payload ? true : false;

export type PayloadField<Payload> =
  MayBeLeftOut<Payload> extends true ? { payload?: Payload | undefined } : { payload: Payload };

/** A payload that may be empty may be left out. */
export type PayloadThen<Payload, Options> =
  MayBeLeftOut<Payload> extends true
    ? [payload?: Payload | undefined, options?: Options]
    : [payload: Payload, options?: Options];
