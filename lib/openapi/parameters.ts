import type { RouteData } from "../http/route.ts";
import { describeFields, type Json, upperFirst } from "./schemas.ts";

/** The name of the component that a route's query is described by. */
export const queryName = ({ name }: RouteData) => `${upperFirst(name)}Query`;

/** Describes the parameters of a route: those of its path, its query and its headers. `inputs`: the schemas by name. */
export function parametersOf(route: RouteData, inputs: Record<string, Json>): Json[] {
  return [...inPath(route), ...inQuery(route, inputs), ...inHeaders(route)];
}

function inPath({ path }: RouteData): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    description: "As POST /submit-job answered it",
    schema: { type: "string", format: "uuid" },
  }));
}

function inQuery(route: RouteData, inputs: Record<string, Json>): Json[] {
  const schema = inputs[queryName(route)];
  if (!route.query || !schema) return [];
  describeFields(queryName(route), schema);
  const { properties = {}, required = [] } = schema as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema: rest,
    ...(description === undefined ? {} : { description }),
  }));
}

function inHeaders({ headers = {} }: RouteData): Json[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
}
