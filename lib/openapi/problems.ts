import { type ProblemCode, problemBody, problems } from "../errors.ts";
import type { HeaderName } from "../http/described.ts";
import { problemHelp } from "../http/problem-help.ts";
import { COMMON_ERRORS, type RouteData, SCOPED_ERRORS } from "../http/route.ts";
import { headersOf, type Json, refTo } from "./json-schema.ts";

/** Describes the problems that a route may answer, by status. */
export function problemsOf(route: RouteData): Json {
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
      return [String(status), { description, ...headersOf(HEADERS_OF[status]), content }];
    }),
  );
}

function problemExample(code: ProblemCode, instance: string): Json {
  const { detail = problemHelp[code], pointer } = EXAMPLES[code] ?? {};
  const example = problemBody(code, detail, instance);
  return pointer === undefined
    ? example
    : { ...example, detail: `${pointer}: ${detail}`, errors: [{ pointer, detail }] };
}

/** The headers that a problem has, by status. */
const HEADERS_OF: Record<number, readonly HeaderName[]> = {
  401: ["WWW-Authenticate"],
  429: ["Retry-After"],
  503: ["Retry-After"],
};

/** Details that say more than what to do (`lib/http/problem-help.ts`), and where the faults are. */
const EXAMPLES: { [Code in ProblemCode]?: { detail: string; pointer?: string } } = {
  invalid_query: { detail: "expected number to be <=100", pointer: "/limit" },
  invalid_request: { detail: "email address", pointer: "/payload/to" },
  unknown_task: { detail: 'there is no task "mail"; there are: send_email, http_request', pointer: "/task" },
  route_not_found: { detail: "there is no GET /openapi.json: DOCS is off" },
  forbidden: { detail: "this needs the scope admin" },
  rate_limited: { detail: "shop may submit 100 jobs in 60 s; any other request counts as one" },
};

/** The component for every problem. */
export const problemSchema = {
  type: "object",
  description: "RFC 9457. `code` is stable; `type` leads to a page that says what to do.",
  required: ["type", "title", "status", "code", "detail"],
  properties: {
    type: { type: "string", format: "uri-reference" },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string", enum: Object.keys(problems) },
    detail: { type: "string", description: "What is wrong with this request" },
    instance: { type: "string", description: "The path that was asked for" },
    errors: {
      type: "array",
      description: "Where in the body, or which parameter of the query, and what was expected there",
      items: {
        type: "object",
        required: ["pointer", "detail"],
        properties: { pointer: { type: "string", format: "json-pointer" }, detail: { type: "string" } },
      },
    },
  },
};
