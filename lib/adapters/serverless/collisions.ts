import type { Additions } from "./functions.ts";
import type { ServerlessProject } from "./project.ts";

/** The longest name that Lambda takes. */
const NAME_LENGTH = 64;

/** Returns a line for everything of the project's own that stands where the plugin adds something. */
export function collisionsOf(project: ServerlessProject, { functions, resources }: Additions, path: string): string[] {
  const own = project.functions ?? {};
  const taken = (kind: string, ours: object, theirs: object = {}) =>
    Object.keys(ours)
      .filter((name) => name in theirs)
      .map((name) => `${kind}.${name}: the plugin adds one of this name: rename yours`);
  const routes = Object.entries(own).flatMap(([name, entry]) =>
    (entry?.events ?? []).flatMap((event) => {
      const route = routeOf(event);
      if (route === undefined || !(route.path === path || route.path.startsWith(`${path}/`))) return [];
      const { method } = route;
      return [
        `path: your function ${name} has the route ${method} ${route.path}: give the queue another path than ${path}`,
      ];
    }),
  );
  const long = Object.values(functions)
    .map(({ name = "" }) => name)
    .filter((name) => name.length > NAME_LENGTH)
    .map((name) => `${name} is longer than ${NAME_LENGTH} characters, which Lambda refuses: shorten service or stage`);
  return [
    ...taken("functions", functions, own),
    ...taken("resources.Resources", resources, project.resources?.Resources),
    ...routes,
    ...long,
  ];
}

/** Reads an `httpApi` event: `GET /path`, or `{ method, path }`. Undefined for other events, and for `*`, which yields to ours. */
function routeOf(event: unknown): { method: string; path: string } | undefined {
  const { httpApi } = (event ?? {}) as { httpApi?: unknown };
  if (typeof httpApi === "string") {
    const [method = "", path] = httpApi.trim().split(/\s+/);
    return path === undefined ? undefined : { method, path };
  }
  const { method = "*", path } = (httpApi ?? {}) as { method?: string; path?: string };
  return path === undefined ? undefined : { method: method.toUpperCase(), path };
}
