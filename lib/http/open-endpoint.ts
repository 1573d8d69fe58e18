import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { readOpenConfig } from "../config/config.ts";
import { Problem } from "../errors.ts";
import { createLog } from "../observability/log.ts";
import { corsOf } from "./cors.ts";
import { answer, type HeaderFields, problem, type Reply, translated } from "./endpoint.ts";
import { type Incoming, incoming } from "./event.ts";
import type { Route } from "./route.ts";

/**
 * Makes a Lambda handler for a route that needs no database and only two of the settings. It is open to everybody, unless
 * `admit` throws.
 */
export function openEndpoint(
  { name }: Pick<Route, "name">,
  handle: (cors: HeaderFields, arrived: Incoming) => Reply,
  admit: (arrived: Incoming) => Promise<void> | undefined = () => undefined,
) {
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const arrived = incoming(event);
    let log = createLog("error");
    let cors: HeaderFields = {};
    try {
      const { corsOrigins, logLevel } = readOpenConfig();
      log = createLog(logLevel);
      cors = corsOf(corsOrigins, arrived.headers.origin);
      await admit(arrived);
      return answer(handle(cors, arrived), cors);
    } catch (thrown) {
      const told = thrown instanceof Problem ? thrown : translated(thrown, name, log);
      return problem(told, arrived.path, cors);
    }
  };
}
