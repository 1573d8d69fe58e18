import type { Deployment } from "../app/deployment.ts";
import type { Problem } from "../errors.ts";
import { foreign } from "./door.ts";
import type { ApiRequest } from "./request.ts";
import { translated } from "./translated.ts";

/** Says why the request may not come in, where a local stack is open without keys. */
export async function atDoor(request: Arrived, deployment: Deployment): Promise<Problem | undefined> {
  const log = deployment.log();
  try {
    const door = await deployment.door();
    return door && foreign(request.headers, door, log, request.remoteAddress);
  } catch (thrown) {
    return translated(thrown, "door", log, deployment);
  }
}

type Arrived = Pick<ApiRequest, "headers" | "remoteAddress">;
