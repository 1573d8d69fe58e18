import { apiHandler } from "../lib/adapters/lambda.ts";
import { environmentDeployment } from "../lib/app/deployment.ts";
import { createApi } from "../lib/http/api.ts";
import { EVERY_ROUTE } from "../lib/routes/all.ts";

/** Loaded when a request first needs them: while they do not load, the routes that need no task go on. */
const tasks = async () => (await import("../tasks/index.ts")).tasks;

/**
 * Every route that has no function of its own, and whatever API Gateway knows no route for: `HEAD`, a path that ends with a
 * slash, another method, no such path.
 */
export const handler = apiHandler(createApi(environmentDeployment(tasks), EVERY_ROUTE));
