import type { Deployment } from "../../app/deployment.ts";
import { environmentWith, readDoor } from "../../config/config.ts";
import { DETAILS, strangerOf } from "../../http/door.ts";
import { problemReply, type WrittenReply } from "../../http/reply.ts";
import type { ApiRequest } from "../../http/request.ts";

/**
 * Refuses a request that comes from a web page of another origin, where the API asks for no key: serverless-offline lets every page
 * in. Returns undefined for any other request, and where a setting is wrong, which the answer says.
 */
export async function refusedHere(request: ApiRequest, deployment: Deployment): Promise<WrittenReply | undefined> {
  try {
    const { config, authorize } = await deployment.callers();
    if (authorize || config.apiKeys.length > 0) return undefined;
    const door = { ...readDoor(environmentWith({})), origins: deployment.open().corsOrigins };
    const stranger = strangerOf(request.headers, door);
    return stranger && problemReply({ code: "forbidden_origin", message: DETAILS[stranger] }, request);
  } catch {
    return undefined;
  }
}
