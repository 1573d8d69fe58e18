import { handler as others } from "../../handlers/api.ts";
import { handlers } from "../../handlers/routes/all.ts";
import { guarded } from "../../lib/adapters/guarded.ts";
import { served } from "../../lib/adapters/served.ts";
import type { Functions } from "../../lib/adapters/server.ts";
import { EVERY_ROUTE } from "../../lib/routes/router.ts";

/**
 * Loads every route's handler, and the one for all other requests: a server that stays does so before it listens, so that
 * no request waits for it. A route whose modules do not load answers with a problem; the others go on.
 */
export async function loadFunctions(): Promise<Functions> {
  const routes = EVERY_ROUTE.map(async (route) => served(route, await guarded(route.name, handlers[route.name])));
  return { routes: await Promise.all(routes), others: { handler: others } };
}
