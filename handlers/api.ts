import { apiHandler } from "../lib/adapters/lambda/api.ts";

/** Every route that has no function of its own. Tasks are loaded by the routes that need them: the others go on if they fail to. */
export const handler = apiHandler({ tasks: async () => (await import("../tasks/index.ts")).taskList });
