import type * as z from "zod/mini";
import { type ProblemCode, problemBody, problems } from "../errors.ts";
import { componentsMade } from "../http/component.ts";
import { problemHelp } from "../http/problem-help.ts";
import { COMMON_ERRORS, type RouteData, SCOPED_ERRORS } from "../http/route.ts";
import { JobRequest } from "../jobs/job-request.ts";
import { DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT_MS, type Task, type Tasks } from "../tasks.ts";
import { parametersOf, queryName } from "./parameters.ts";
import { payloadExample, payloadName, payloadsOf } from "./payloads.ts";
import { componentsOf, type Json, pascalCase, problemSchema, refTo, upperFirst } from "./schemas.ts";
import { usually, withoutDefaults } from "./shapes.ts";
import {
  ANSWER_EXAMPLES,
  ANSWER_HEADERS,
  HEADERS,
  INTRODUCTION,
  PROBLEM_EXAMPLES,
  PROBLEM_HEADERS,
  TAG_OF,
  TAGS,
} from "./words.ts";

/** Describes the routes as an OpenAPI 3.1 document, from the very schemas that check requests, each task's payload among them. */
export function describeApi(list: readonly RouteData[], tasks: Tasks): Json {
  const names = namesOf(list);
  const inputs = inputsOf(names, tasks);
  const requests = requestsOf(inputs, tasks);
  return {
    openapi: "3.1.0",
    info: { title: "wakeq", version: "1", description: INTRODUCTION, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/", description: "This deployment" }],
    tags: TAGS,
    paths: Object.fromEntries(
      list.map((route) => [
        route.path,
        { [route.method.toLowerCase()]: operationOf(route, { names, inputs, tasks: [...tasks.values()] }) },
      ]),
    ),
    components: {
      schemas: {
        ...without(inputs, "JobRequest", ...list.map(queryName)),
        ...requests,
        ...componentsOf(names.output, "output"),
        Problem: problemSchema,
      },
      headers: HEADERS,
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "An API key (`npm run key`). A local stack needs none." },
      },
    },
  };
}

/** The functions that make schemas, by the name of the component. */
interface Names {
  input: Map<string, () => z.core.$ZodType>;
  output: Map<string, () => z.core.$ZodType>;
}

interface Context {
  names: Names;
  inputs: Record<string, Json>;
  tasks: readonly Task[];
}

function namesOf(list: readonly RouteData[]): Names {
  const input = new Map<string, () => z.core.$ZodType>([["JobRequest", JobRequest]]);
  const output = new Map<string, () => z.core.$ZodType>();
  for (const route of list) {
    if (route.body && nameOf(input, route.body) === undefined) input.set(bodyName(route), route.body);
    if (route.query) input.set(queryName(route), route.query);
    for (const { schema } of Object.values(route.answers)) {
      if (!schema) continue;
      output.set(schema.component, schema);
      schema(); // makes the components that it consists of, too
    }
  }
  return { input, output: new Map([...componentsMade, ...output]) };
}

const bodyName = ({ name }: RouteData) => `${upperFirst(name)}Request`;
const requestName = ({ name }: Task) => `${pascalCase(name)}Request`;

function nameOf<Schema>(names: ReadonlyMap<string, Schema>, schema: Schema): string | undefined {
  return [...names].find(([, known]) => known === schema)?.[0];
}

function inputsOf({ input }: Names, tasks: Tasks): Record<string, Json> {
  const { zod, json } = payloadsOf(tasks);
  const inputs = { ...componentsOf(new Map([...input, ...zod]), "input"), ...json } as Record<string, Json>;
  for (const [name, schema] of Object.entries(inputs)) if (!name.endsWith("Query")) withoutDefaults(schema);
  return inputs;
}

/** Makes `JobRequest`, which `task` tells apart, and a request for each task: the general one with the task's own payload. */
function requestsOf(inputs: Record<string, Json>, tasks: Tasks): Json {
  const general = inputs.JobRequest as { properties: Record<string, Json> };
  const requests = [...tasks.values()].map((task) => {
    const payload = inputs[payloadName(task)]!;
    payload.title ??= `Payload of ${task.name}`;
    const required = Array.isArray(payload.required) && payload.required.length > 0;
    const { task: _, payload: anyPayload, ...terms } = general.properties;
    const properties = {
      task: { type: "string", const: task.name },
      payload: { ...refTo(payloadName(task)), ...(required ? {} : { description: anyPayload!.description }) },
      ...terms,
      priority: { ...terms.priority, ...usually("normal", terms.priority?.description) },
      max_retries: {
        ...terms.max_retries,
        ...usually(task.maxRetries ?? DEFAULT_MAX_RETRIES, terms.max_retries?.description),
      },
    };
    const seconds = (task.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 1_000;
    const description = `${task.description ?? task.name}. An attempt may take ${seconds} s.`;
    const request = { ...general, title: task.name, description, required: required ? ["task", "payload"] : ["task"] };
    return [requestName(task), { ...request, properties }] as const;
  });
  const mapping = Object.fromEntries([...tasks.values()].map((task) => [task.name, refTo(requestName(task)).$ref]));
  if (requests.length === 0) return { JobRequest: { description: "No task here is for callers.", not: {} } };
  const JobRequest = {
    type: "object",
    description: "A job to submit. `task` says which payload it takes.",
    oneOf: requests.map(([name]) => refTo(name)),
    discriminator: { propertyName: "task", mapping },
  };
  return { JobRequest, ...Object.fromEntries(requests) };
}

function operationOf(route: RouteData, context: Context): Json {
  const parameters = parametersOf(route, context.inputs);
  return {
    operationId: route.name,
    tags: [TAG_OF[route.name]],
    summary: route.summary,
    ...securityOf(route),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body === undefined ? {} : { requestBody: requestBodyOf(route, route.body, context) }),
    responses: { ...answersOf(route), ...problemsOf(route) },
  };
}

function securityOf({ scope, anyKey }: RouteData): Json {
  const security = [{ key: [] }, {}];
  if (scope !== undefined) return { description: `Needs a key with the scope \`${scope}\`.`, security };
  return anyKey
    ? { description: "Needs a key, of any scope, unless the setting `DOCS` says otherwise.", security }
    : { security: [] };
}

function requestBodyOf(route: RouteData, body: () => z.core.$ZodType, { names, inputs, tasks }: Context): Json {
  const examples = tasks.map((task): [string, Json] => {
    const example = { task: task.name, payload: payloadExample(inputs[payloadName(task)]!) };
    const value = body === JobRequest ? example : { jobs: [example] };
    return [task.name, { ...(task.description === undefined ? {} : { summary: task.description }), value }];
  });
  const schema = refTo(nameOf(names.input, body) ?? bodyName(route));
  return { required: true, content: { "application/json": { schema, examples: Object.fromEntries(examples) } } };
}

function answersOf(route: RouteData): Json {
  const { name } = route;
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, { description, schema }]) => {
      const examples = ANSWER_EXAMPLES[name]?.[Number(status)] ?? {};
      const shown = Object.entries(examples).map(([key, value]) => [key, { value }]);
      const content = schema && {
        schema: refTo(schema.component),
        ...(shown.length > 0 ? { examples: Object.fromEntries(shown) } : {}),
      };
      const headers = headersOf(ANSWER_HEADERS[name]?.[Number(status)]);
      return [status, { description, ...headers, ...(content ? { content: { "application/json": content } } : {}) }];
    }),
  );
}

function problemsOf(route: RouteData): Json {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of [...route.errors, ...(route.scope ? SCOPED_ERRORS : []), ...COMMON_ERRORS]) {
    const { status } = problems[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const instance = route.path.replace(/\{\w+\}/, "0b9f1c9e-5d0a-4f2e-9a51-3f6b1f1d7c11");
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => {
      const examples = Object.fromEntries(codes.map((code) => [code, { value: problemExample(code, instance) }]));
      const content = { "application/problem+json": { schema: refTo("Problem"), examples } };
      const description = codes.map((code) => `\`${code}\`: ${problems[code].title}`).join("; ");
      return [String(status), { description, ...headersOf(PROBLEM_HEADERS[status]), content }];
    }),
  );
}

function problemExample(code: ProblemCode, instance: string): Json {
  const { detail = problemHelp[code], pointer } = PROBLEM_EXAMPLES[code] ?? {};
  const example = problemBody(code, detail, instance);
  return pointer === undefined
    ? example
    : { ...example, detail: `${pointer}: ${detail}`, errors: [{ pointer, detail }] };
}

function headersOf(names: readonly string[] | undefined): Json {
  if (!names) return {};
  return { headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])) };
}

function without(schemas: Json, ...names: string[]): Json {
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => !names.includes(name)));
}
