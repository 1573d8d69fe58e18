import { components, type Described } from "../http/described.ts";
import type { RouteData } from "../http/route.ts";
import { JobRequest } from "../jobs/job-request.ts";
import { headersOf, type Json, jsonSchemaOf, refTo } from "./json-schema.ts";
import { upperFirst } from "./names.ts";
import { problemsOf } from "./problems.ts";
import type { RequestExamples } from "./requests.ts";

/** The name of the component that a route's body is described by. */
export const bodyName = ({ name, body }: RouteData) =>
  body === JobRequest ? "JobRequest" : `${upperFirst(name)}Request`;

/** Describes a route. `examples`: a request for each task. */
export function operationOf(route: RouteData & Described, examples: RequestExamples): Json {
  const parameters = [...inPath(route), ...inQuery(route), ...inHeaders(route)];
  return {
    operationId: route.name,
    tags: [route.tag],
    summary: route.summary,
    ...securityOf(route),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body === undefined ? {} : { requestBody: requestBodyOf(route, examples) }),
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

function inPath({ path }: RouteData): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    ...(PATH_PARAMETERS[name!] ?? { schema: { type: "string" } }),
  }));
}

/** What the description says of a path's parameters, by name. */
const PATH_PARAMETERS: Record<string, Json> = {
  job_id: { description: "As POST /submit-job answered it", schema: { type: "string", format: "uuid" } },
};

function inQuery({ query }: RouteData): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = jsonSchemaOf(query(), "input");
  return Object.entries(properties as Record<string, Json>).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    required: (required as string[]).includes(name),
    schema,
    ...(description === undefined ? {} : { description }),
  }));
}

function inHeaders({ headers = {} }: Described): Json[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
}

function requestBodyOf(route: RouteData & Described, requests: RequestExamples): Json {
  const own = route.bodies && Object.entries(route.bodies).map(([name, value]) => [name, { value }]);
  const ofTasks = Object.entries(requests).map(([task, { value, ...words }]) => [
    task,
    { ...words, value: route.body === JobRequest ? value : { jobs: [value] } },
  ]);
  const examples = own ?? ofTasks;
  const schema = refTo(bodyName(route));
  return { required: true, content: { "application/json": { schema, examples: Object.fromEntries(examples) } } };
}

function answersOf({ answers }: Described): Json {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, headers, examples = {} }]) => {
      const shown = Object.entries(examples).map(([name, value]) => [name, { value }]);
      const content = schema && {
        schema: refTo(components.get(schema)!.id),
        ...(shown.length > 0 ? { examples: Object.fromEntries(shown) } : {}),
      };
      return [
        status,
        { description, ...headersOf(headers), ...(content ? { content: { "application/json": content } } : {}) },
      ];
    }),
  );
}
