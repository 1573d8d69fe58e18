import { pageAt } from "../http/route.ts";
import { securityHeaders } from "../http/security-headers.ts";

/** GET / and its files: the dashboard. A page is loaded when it is first asked for: it is larger than all that serves jobs. */
export const dashboard = pageAt("dashboard", ["/", "/dashboard/{file}"], async (...given) =>
  (await import("./dashboard-page.ts")).show(...given),
);

/** GET /docs and its files: the API as an interactive page, unless DOCS is off. */
export const docs = pageAt("docs", ["/docs", "/docs/{file}"], async (request, parameters, deployment) => {
  if (!deployment.areDocsOff()) return (await import("./docs-page.ts")).show(request, parameters, deployment);
  return (await import("../http/site.ts")).noSuchFile(request);
});

/** GET /problems/{code}: where a problem's `type` leads. HTML for a browser, else plain text. */
export const problemPages = pageAt("problems", ["/problems/{code}"], async (request, { code = "" }) => {
  const { isProblemCode, problemPage, problemText, STYLE_HASH } = await import("../http/problem-page.ts");
  const asHtml = request.headers.accept?.includes("text/html") ?? false;
  return {
    status: isProblemCode(code) ? 200 : 404,
    headers: {
      "content-type": `text/${asHtml ? "html" : "plain"}; charset=utf-8`,
      "cache-control": "public, max-age=300",
      vary: "accept",
      ...securityHeaders(request, [STYLE_HASH]),
    },
    body: asHtml ? problemPage(code, request.base) : problemText(code),
  };
});
