import { DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT_MS, type Task, type Tasks } from "../tasks.ts";
import { type Json, refTo } from "./json-schema.ts";
import { pascalCase } from "./names.ts";
import { usually } from "./parts.ts";
import { payloadExample, payloadName } from "./payloads.ts";

const requestName = ({ name }: Task) => `${pascalCase(name)}Request`;

/** Makes `JobRequest`, which `task` tells apart, and a request for each task: the general one with the task's own payload. */
export function requestsOf(tasks: Tasks, payloads: Record<string, Json>, general: Json): Json {
  if (tasks.size === 0) return { JobRequest: { description: "No task here is for callers.", not: {} } };
  const list = [...tasks.values()];
  const JobRequest = {
    type: "object",
    description: "A job to submit. `task` says which payload it takes.",
    oneOf: list.map((task) => refTo(requestName(task))),
    discriminator: {
      propertyName: "task",
      mapping: Object.fromEntries(list.map((task) => [task.name, refTo(requestName(task)).$ref])),
    },
  };
  const requests = list.map((task) => [requestName(task), requestOf(task, payloads[payloadName(task)]!, general)]);
  return { JobRequest, ...Object.fromEntries(requests) };
}

function requestOf(task: Task, payload: Json, general: Json): Json {
  const { task: _, payload: anyPayload, ...terms } = general.properties as Record<string, Json>;
  const required = Array.isArray(payload.required) && payload.required.length > 0;
  const maxRetries = task.maxRetries ?? DEFAULT_MAX_RETRIES;
  const seconds = (task.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1_000;
  return {
    ...general,
    title: task.name,
    description: `${task.description ?? task.name}. An attempt may take ${seconds} s.`,
    required: required ? ["task", "payload"] : ["task"],
    properties: {
      task: { type: "string", const: task.name },
      payload: { ...refTo(payloadName(task)), ...(required ? {} : { description: anyPayload!.description }) },
      ...terms,
      priority: { ...terms.priority, ...usually("normal", terms.priority?.description) },
      ...expiryOf(task, terms),
      max_retries: { ...terms.max_retries, ...usually(maxRetries, terms.max_retries?.description) },
    },
  };
}

/** Describes the limit of a task's own. It is no `x-default`: given with a request it would count from the submit. */
function expiryOf({ expiresSeconds }: Task, { expires_seconds: term }: Record<string, Json>): Json {
  if (expiresSeconds === undefined) return {};
  const description = `${term!.description}. Default: ${expiresSeconds}, from when the job may run`;
  return { expires_seconds: { ...term, description } };
}

/** An example of a request for each task. */
export type RequestExamples = Record<string, { summary?: string; value: Json }>;

/** Makes an example of a request for each task. */
export function requestExamples(tasks: Tasks, payloads: Record<string, Json>): RequestExamples {
  return Object.fromEntries(
    [...tasks.values()].map((task) => {
      const value = { task: task.name, payload: payloadExample(payloads[payloadName(task)]!) };
      return [task.name, { ...(task.description === undefined ? {} : { summary: task.description }), value }];
    }),
  );
}
