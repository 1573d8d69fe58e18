import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { incoming } from "../../lib/http/event.ts";
import { isProblemCode, problemPage, problemText, STYLE_HASH } from "../../lib/http/problem-page.ts";
import { securityHeaders } from "../../lib/http/site.ts";

/** GET /problems/{code}: where a problem's `type` leads. HTML for a browser, else plain text. */
export const handler = async (event: unknown): Promise<APIGatewayProxyStructuredResultV2> => {
  const request = incoming(event);
  const { parameters, headers } = request;
  const code = parameters.code ?? "";
  const asHtml = headers.accept?.includes("text/html") ?? false;
  return {
    statusCode: isProblemCode(code) ? 200 : 404,
    headers: {
      "content-type": `text/${asHtml ? "html" : "plain"}; charset=utf-8`,
      "cache-control": "public, max-age=300",
      vary: "accept",
      ...securityHeaders(request, [STYLE_HASH]),
    },
    body: asHtml ? problemPage(code) : problemText(code),
  };
};
