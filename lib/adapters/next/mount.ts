import { isMountPath } from "../../app/options.ts";

/** What Next.js gives a route's handler besides the request. */
export interface RouteContext {
  params: Promise<{ [name: string]: string | string[] | undefined }>;
}

/**
 * Finds the path under which a catch-all route lies: the request's path without the segments that the route caught. "" if the
 * path is none that an API is mounted under.
 */
export async function mountOf(url: string, { params }: RouteContext): Promise<string> {
  const caught = Object.values(await params).find((value) => Array.isArray(value)) ?? [];
  const segments = new URL(url).pathname.split("/").filter((segment) => segment !== "");
  const mount = segments.filter((_, i) => i < segments.length - caught.length).map((segment) => `/${segment}`);
  return isMountPath(mount.join("")) ? mount.join("") : "";
}
