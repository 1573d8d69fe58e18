import * as z from "zod/mini";

/*
 * What routes are described with. A route's description is a file of its own, which only the API's description loads: no
 * function that serves a job carries its words.
 */

/** The sections of the documentation. */
export const TAGS = {
  Jobs: "Submit, follow, end and repeat work",
  Queue: "All jobs together",
  Service: "The deployment itself",
};

/** Headers of answers. */
export const HEADERS = {
  Location: { description: "Where to ask how the job is doing", schema: { type: "string", format: "uri-reference" } },
  "Retry-After": { description: "Seconds after which it makes sense to ask again", schema: { type: "integer" } },
  ETag: { description: "Names this state of the job; send it as `If-None-Match`", schema: { type: "string" } },
  "Idempotent-Replayed": {
    description: "An earlier request with this `Idempotency-Key` had submitted it; nothing was submitted now",
    schema: { const: "true" },
  },
  "Preference-Applied": { description: "How long this request waited, as `wait=10`", schema: { type: "string" } },
  "WWW-Authenticate": { description: "How to show who you are", schema: { const: "Bearer" } },
};
/** The name of such a header. */
export type HeaderName = keyof typeof HEADERS;

/** The schemas of answers that have a name in the description: `.register(components, { id: "Job" })`. */
export const components = z.registry<{ id: string }>();

type Schema = z.core.$ZodType;

/** An answer of a route. Nothing checks an answer against its schema while it is served; tests do. */
export interface Answer<Body extends Schema = Schema> {
  description: string;
  /** One of `components`. Absent: an answer without a body. */
  schema?: Body;
  headers?: readonly HeaderName[];
  examples?: Record<string, z.output<Body>>;
}

/** Declares an answer, and holds its examples to the type of its schema. */
export function answer<Body extends Schema>(given: Answer<Body>): Answer {
  return given;
}

/** What the API's description says of a route, besides what the route's own file says. */
export interface Described {
  tag: keyof typeof TAGS;
  summary: string;
  /** Request headers that mean something here, and what. */
  headers?: Record<string, string>;
  /** Examples of the body. Default: a job of each task. */
  bodies?: Record<string, unknown>;
  /** By status. */
  answers: Record<number, Answer>;
}
