import { expect } from "vitest";
import { EVERY_ROUTE } from "../../lib/routes/all.ts";
import type { Sent } from "./request.ts";

interface Answered {
  status: number;
  headers: Record<string, string>;
  text: string;
}
type Send = (sent: Sent) => Promise<Answered>;

/** The answer that one request must get, whichever way it arrives. */
export interface RouteCase {
  what: string;
  check(send: Send): Promise<void>;
}

const SAMPLES: Record<string, string> = {
  job_id: "00000000-0000-4000-8000-000000000000",
  code: "unknown_task",
  name: "nightly",
};
const FILES: Record<string, string> = { dashboard: "dashboard.js", docs: "docs.css" };
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/** The part of an answer that depends neither on the moment nor on the way. */
const TOLD = ["content-type", "etag", "cache-control", "content-security-policy", "allow"];

const sampled = EVERY_ROUTE.map(({ name, method, path }) => ({
  method,
  path: path.replace(/\{(\w+)\}/, (_, parameter: string) => SAMPLES[parameter] ?? FILES[name]!),
}));
const HTML = { accept: "text/html" };
const paths = [...new Set(sampled.map(({ path }) => path))];
const methodsOf = (path: string) => sampled.filter((each) => each.path === path).map(({ method }) => method);

const told = ({ status, headers }: Answered) => [status, ...TOLD.map((name) => headers[name])];
/** The answer without its path, which is the one that was sent, and without the moment. */
const said = ({ text }: Answered) => text.replace(/"(instance|from|to|at)":"[^"]*"/g, "");

const otherMethods = paths.flatMap((path) => {
  const own = methodsOf(path);
  const allow = [...own, ...(own.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
  const others = [...METHODS, ...(own.includes("GET") ? [] : ["HEAD"])].filter(
    (method) => !own.includes(method as "GET"),
  );
  return others.map(
    (method): RouteCase => ({
      what: `${method} ${path} is 405, and Allow names ${allow}`,
      async check(send) {
        const { status, headers, text } = await send({ method, path });
        expect([status, headers.allow]).toEqual([405, allow]);
        if (method === "HEAD") return expect(text).toBe("");
        expect(headers["content-type"]).toMatch("application/problem+json");
        expect(JSON.parse(text)).toMatchObject({ code: "method_not_allowed", status: 405, instance: path });
      },
    }),
  );
});

const heads = paths
  .filter((path) => methodsOf(path).includes("GET"))
  .map(
    (path): RouteCase => ({
      what: `HEAD ${path} is answered as GET, without a body`,
      async check(send) {
        const [get, head] = [
          await send({ method: "GET", path, headers: HTML }),
          await send({ method: "HEAD", path, headers: HTML }),
        ];
        expect(told(head)).toEqual(told(get));
        expect(head.text).toBe("");
      },
    }),
  );

const slashes = sampled
  .filter(({ path }) => path !== "/")
  .map(
    ({ method, path }): RouteCase => ({
      what: `${method} ${path}/ is the same route as ${path}`,
      async check(send) {
        const [without, with_] = [
          await send({ method, path, headers: HTML }),
          await send({ method, path: `${path}/`, headers: HTML }),
        ];
        const references = [...with_.text.matchAll(/ (?:src|href)="([^"]*)"/g)].map(([, reference]) => reference!);
        expect(references.filter((each) => !/^(\/|data:)/.test(each))).toEqual([]);
        expect(told(with_)).toEqual(told(without));
        if (path !== "/queue-stats") expect(said(with_)).toBe(said(without));
      },
    }),
  );

const nowhere = ["/nowhere", "/jobs/x/y", "/Jobs", "//jobs", "/dashboard", "/health/x"].flatMap((path) =>
  ["GET", "POST", "DELETE"].map(
    (method): RouteCase => ({
      what: `${method} ${path} is 404`,
      async check(send) {
        const { status, text } = await send({ method, path });
        expect([status, JSON.parse(text)]).toMatchObject([404, { code: "route_not_found" }]);
      },
    }),
  ),
);

/** One table for a laptop, a container and AWS. */
export const ROUTE_CASES: readonly RouteCase[] = [
  ...otherMethods,
  ...heads,
  ...slashes,
  ...nowhere,
  {
    what: "DELETE /jobs/ is 405: a slash at the end is the same route there, too",
    async check(send) {
      const { status, headers } = await send({ method: "DELETE", path: "/jobs/" });
      expect([status, headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"]);
    },
  },
  {
    what: "no answer is taken for another type than it says",
    async check(send) {
      for (const { method, path } of [
        ...sampled,
        { method: "GET", path: "/nowhere" },
        { method: "PUT", path: "/jobs" },
      ])
        expect((await send({ method, path })).headers["x-content-type-options"], `${method} ${path}`).toBe("nosniff");
    },
  },
];
