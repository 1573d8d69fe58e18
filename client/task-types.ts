/** The part of a task's type that the client reads. `defineTask` returns one; any object of this shape will do. */
export interface TaskType {
  readonly name: string;
  readonly input: { readonly "~standard": { readonly types?: { readonly input: unknown } | undefined } };
  run(context: never): unknown;
}

/** The tasks of a deployment: `typeof taskList` of its `tasks/index.ts`. */
export type TaskTypes = readonly TaskType[];

/** What tells a client the tasks: `typeof queue` of a queue made by `defineQueue`, or `typeof taskList`. */
export type TaskTypesSource = TaskTypes | { readonly tasks?: TaskTypes | undefined };

/** The tasks that such a type tells. */
export type TasksOf<Source extends TaskTypesSource> = Source extends TaskTypes
  ? Source
  : Source extends { readonly tasks?: infer Tasks }
    ? Extract<Tasks, TaskTypes>
    : never;

/** The name of one of the tasks. */
export type TaskName<Tasks extends TaskTypes = TaskTypes> = Tasks[number]["name"];

/** The payload that a task accepts: the input of its schema, before defaults are filled in. */
export type PayloadOf<Tasks extends TaskTypes, Name extends TaskName<Tasks>> = {
  [Task in Tasks[number] as Task["name"]]: InputOf<Task["input"]["~standard"]>;
}[Name];

/** The result of a task: what its `run` returns, after its way through JSON. Undefined if it returns nothing. */
export type ResultOf<Tasks extends TaskTypes, Name extends TaskName<Tasks>> = {
  [Task in Tasks[number] as Task["name"]]: AsJson<Awaited<ReturnType<Task["run"]>>>;
}[Name];

type InputOf<Standard> = Standard extends { readonly types?: { readonly input: infer Input } | undefined }
  ? Input
  : unknown;

/** A value after its way through JSON: a `Date` becomes a string, an error its name and its message. */
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

/** A job's id, a UUID. The type remembers the task, so that `waitFor` knows the result; any string works as well. */
export type JobId<Name extends string = string> = string & { readonly [task]: Name };

type MayBeLeftOut<Payload> = Record<never, never> extends Payload ? true : false;

/** A request's payload, which may be left out where `{}` would be valid. */
export type PayloadField<Payload> =
  MayBeLeftOut<Payload> extends true ? { payload?: Payload | undefined } : { payload: Payload };

/** The arguments after the task's name. A payload that may be empty may be left out. */
export type PayloadThen<Payload, Options> =
  MayBeLeftOut<Payload> extends true
    ? [payload?: Payload | undefined, options?: Options]
    : [payload: Payload, options?: Options];
