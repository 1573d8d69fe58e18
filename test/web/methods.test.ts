import { expect, test } from "vitest";
import { METHODS, type RouteData } from "../../lib/http/route.ts";
import { findRoute } from "../../lib/http/router.ts";
import { defineQueue } from "../../lib/index.ts";
import { toNext } from "../../lib/next.ts";
import { describeApi } from "../../lib/openapi/openapi.ts";
import { described } from "../../lib/routes/described/all.ts";
import { note, tasks } from "../support/tasks.ts";

const routes = METHODS.map((method): RouteData => ({ name: method, method, path: "/things/{job_id}", errors: [] }));

test("a path takes several methods, and the answer to another one names them all", () => {
  for (const route of routes) expect(findRoute(routes, route.method, "/things/7/")).toMatchObject({ route });
  expect(findRoute(routes, "PATCH", "/things/7")).toEqual({
    allow: ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"],
  });
});

test("the description has each method of a path", () => {
  const words = Object.fromEntries(METHODS.map((method) => [method, described.cancelJob]));
  const { paths } = describeApi(routes, words, tasks) as { paths: Record<string, Record<string, object>> };
  expect(Object.keys(paths["/things/{job_id}"]!)).toEqual(["get", "post", "put", "delete"]);
});

test("Next.js has an export for each", () => {
  const queue = defineQueue({ tasks: [note], redis: { url: "http://127.0.0.1:1", token: "t" }, log: "silent" });
  expect(Object.keys(toNext(queue))).toEqual(expect.arrayContaining([...METHODS]));
});
