import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { sign } from "aws4";

const CREDENTIALS = { accessKeyId: "AKID", secretAccessKey: "secret", sessionToken: "session/token+==" };

/**
 * Takes the place of SSM, and supports the parts of GetParameters that we use. Like SSM it refuses a wrong signature.
 * `values` may be changed at any time.
 */
export async function startSsm(values: Record<string, string>) {
  const requests: string[][] = [];
  const answers: ((response: ServerResponse) => void)[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { Names, WithDecryption } = JSON.parse(body) as { Names: string[]; WithDecryption: boolean };
    requests.push(Names);
    const answer = answers.shift();
    if (answer) return answer(response);
    if (!isSigned(request, body)) return refuse(response, "InvalidSignatureException");
    if (request.headers["x-amz-target"] !== "AmazonSSM.GetParameters") return refuse(response, "UnknownOperation");
    if (Names.length > 10 || new Set(Names).size < Names.length) return refuse(response, "ValidationException");
    const known = Names.filter((name) => Object.hasOwn(values, name));
    const Parameters = known.map((Name) => ({
      Name,
      Type: "SecureString",
      Version: 1,
      ARN: `arn:aws:ssm:eu-west-1:1:parameter${Name}`,
      Value: WithDecryption ? values[Name] : "AQICAHh…",
    }));
    const InvalidParameters = Names.filter((name) => !known.includes(name));
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.end(JSON.stringify({ InvalidParameters, Parameters }));
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    /** The parameter names in each request. */
    requests,
    values,
    /** Replacements for the next answers, one each. */
    answers,
    /** The environment that makes a function call this server. */
    environment: {
      AWS_ENDPOINT_URL_SSM: url,
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_SESSION_TOKEN: CREDENTIALS.sessionToken,
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function refuse(response: ServerResponse, type: string, status = 400): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
  response.end(JSON.stringify({ __type: type, message: "you may not" }));
}

/** Whether a well-known library would have signed the request the same way. */
function isSigned({ headers: given, method }: IncomingMessage, body: string): boolean {
  const [, names = ""] = /SignedHeaders=([^,]+)/.exec(given.authorization ?? "") ?? [];
  const headers = Object.fromEntries(names.split(";").map((name) => [name, String(given[name])]));
  const signed = sign({ service: "ssm", region: "eu-west-1", method: method!, path: "/", body, headers }, CREDENTIALS);
  return names.includes("x-amz-security-token") && signed.headers!.Authorization === given.authorization;
}
