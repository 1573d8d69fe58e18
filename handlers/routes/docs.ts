import license from "swagger-ui-dist/LICENSE?gzip";
import style from "swagger-ui-dist/swagger-ui.css?gzip";
import swagger from "swagger-ui-dist/swagger-ui-bundle.js?gzip";
import notices from "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt?gzip";
import { areDocsOff } from "../../lib/config/config.ts";
import { incoming } from "../../lib/http/event.ts";
import { noSuchFile, site } from "../../lib/http/site.ts";
import ownStyle from "../../web/docs.css?gzip";
import html from "../../web/docs.html";
import script from "../../web/docs.js?gzip";

const page = site("docs", html, {
  "docs.js": script,
  "docs.css": ownStyle,
  "swagger-ui.css": style,
  "swagger-ui-bundle.js": swagger,
  "swagger-ui-bundle.js.LICENSE.txt": notices,
  LICENSE: license,
});

/** GET /docs and the files that it needs: the API as an interactive page, unless DOCS is off. */
export const handler = async (event: unknown) => (areDocsOff() ? noSuchFile(incoming(event).path) : page(event));
