import { METHODS, type OpenRoute } from "./route.ts";

const ALLOWED = {
  "access-control-allow-methods": METHODS.join(", "),
  "access-control-allow-headers": "authorization, content-type, idempotency-key, if-none-match, prefer, traceparent",
  "access-control-max-age": "600",
};

/** OPTIONS of any path: what a browser asks before it sends from another origin. Only CORS_ORIGINS may. */
export const preflight: Pick<OpenRoute, "name" | "answer"> = {
  name: "preflight",
  answer: async (_, { cors }) => ({
    status: 204,
    headers: "access-control-allow-origin" in cors ? ALLOWED : {},
  }),
};
