import { BODY_BYTES } from "../http/body.ts";
import { refusal } from "../http/endpoint.ts";
import { type Route, routes } from "../routes/api.ts";
import type { EVERY_ROUTE } from "../routes/router.ts";
import type { Served } from "./server.ts";

/** Makes a route for a server of ours, with the limit of its body. A page reads no body. */
export function served({ name, method, path }: (typeof EVERY_ROUTE)[number], handler: Served["handler"]): Served {
  const route = (routes as { [Name in string]?: Route })[name];
  if (!route) return { method, path, handler };
  const { body, bodyBytes = BODY_BYTES } = route;
  return { method, path, handler, refused: refusal(route), ...(body ? { bodyBytes } : {}) };
}
