import * as z from "zod/mini";
import { components, type Described, HEADERS, TAGS } from "../http/described.ts";
import type { RouteData } from "../http/route.ts";
import { JobRequest } from "../jobs/job-request.ts";
import type { Tasks } from "../tasks.ts";
import { componentsOf, type Json } from "./json-schema.ts";
import { bodyName, operationOf } from "./operation.ts";
import { payloadsOf } from "./payloads.ts";
import { problemSchema } from "./problems.ts";
import { type RequestExamples, requestExamples, requestsOf } from "./requests.ts";

const INTRODUCTION = `A job queue that sleeps for free and wakes on submit.

Submit a job, get its id back immediately, and ask how it is doing. A job runs at least once: give it a payload that does
no harm the second time. Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`; their \`type\` leads to a page
that says what to do.`;

/**
 * Describes the routes as an OpenAPI 3.1 document, from the very schemas that check requests, each task's payload among them.
 * `described`: what it says of each route, by its name.
 */
export function describeApi(list: readonly RouteData[], described: Record<string, Described>, tasks: Tasks): Json {
  const routes = list.map((route) => ({ ...route, ...described[route.name]! }));
  const payloads = payloadsOf(tasks);
  const { JobRequest: general, ...bodies } = bodiesOf(list);
  const examples = requestExamples(tasks, payloads);
  return {
    openapi: "3.1.0",
    info: { title: "wakeq", version: "1", description: INTRODUCTION, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/", description: "This deployment" }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: pathsOf(routes, examples),
    components: {
      schemas: {
        ...bodies,
        ...payloads,
        ...requestsOf(tasks, payloads, general!),
        ...componentsOf(components, "output"),
        Problem: problemSchema,
      },
      headers: HEADERS,
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "An API key (`npm run key`). A local stack needs none." },
      },
    },
  };
}

/** Describes the routes by path: one path may take several methods. */
function pathsOf(routes: readonly (RouteData & Described)[], examples: RequestExamples): Record<string, Json> {
  const paths: Record<string, Json> = {};
  for (const route of routes)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, examples) };
  return paths;
}

/** Describes the bodies of requests. `JobRequest` is the general one: which payload a task takes, it does not say. */
function bodiesOf(list: readonly RouteData[]): Record<string, Json> {
  const bodies = z.registry<{ id: string }>();
  bodies.add(JobRequest(), { id: "JobRequest" });
  for (const route of list) if (route.body) bodies.add(route.body(), { id: bodyName(route) });
  return componentsOf(bodies, "input");
}
