/** What a request must have to reach a route: `GET /job-status/{job_id}`. */
export interface Target {
  method: string;
  path: string;
}

/** A route for the request, or the methods that its path takes where that is another one. Undefined: no such path. */
export type Match<R> = { route: R; parameters: Record<string, string> } | { allow: string[] } | undefined;

/**
 * Finds a route: the same on a laptop, in a container and on AWS. `HEAD` is answered as `GET`, and a slash at the end of a
 * path changes nothing. Parameters are decoded; what cannot be decoded stays as it is: no id looks like that.
 */
export function findRoute<R extends Target>(routes: readonly R[], method: string, path: string): Match<R> {
  const wanted = withoutSlash(path);
  const there = routes.filter((route) => patternOf(route.path).test(wanted));
  const route = there.find((each) => each.method === (method === "HEAD" ? "GET" : method));
  if (route) return { route, parameters: parametersOf(route.path, wanted) };
  return there.length > 0 ? { allow: methodsOf(there) } : undefined;
}

/** Cuts the slashes at the end of a path; that of the root stays. */
export function withoutSlash(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return path.slice(0, end);
}

function methodsOf(routes: readonly Target[]): string[] {
  const own = routes.map(({ method }) => method);
  return [...own, ...(own.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
}

const patterns = new Map<string, RegExp>();

function patternOf(path: string): RegExp {
  const known = patterns.get(path);
  if (known) return known;
  const source = path.replaceAll(".", "\\.").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  const pattern = new RegExp(`^${source}$`);
  patterns.set(path, pattern);
  return pattern;
}

function parametersOf(path: string, wanted: string): Record<string, string> {
  const { groups = {} } = patternOf(path).exec(wanted)!;
  return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decoded(text!)]));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
