import type { Deployment } from "../../app/deployment.ts";
import { atDoor } from "../../http/at-door.ts";
import { problemReply, type WrittenReply } from "../../http/reply.ts";
import type { ApiRequest } from "../../http/request.ts";

/**
 * Refuses a request that comes from a web page of another origin, where the API asks for no key: serverless-offline lets every page
 * in. Returns undefined for any other request. An event without `Host` was invoked by a program: no browser leaves it out.
 */
export async function refusedHere(request: ApiRequest, deployment: Deployment): Promise<WrittenReply | undefined> {
  const headers = { host: "localhost", ...request.headers };
  const problem = await atDoor({ headers }, deployment);
  return problem && problemReply(problem, request);
}
