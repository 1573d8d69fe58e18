import * as z from "zod/mini";
import { answer, components, type Described } from "../../http/described.ts";

/** Describes `GET /openapi.json`. */
export const openapi: Described = {
  tag: "Service",
  summary: "This description, as OpenAPI 3.1",
  answers: {
    200: answer({
      description: "An OpenAPI document",
      schema: z.record(z.string(), z.unknown()).register(components, { id: "OpenApiDocument" }),
    }),
  },
};
