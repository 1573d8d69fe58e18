import license from "swagger-ui-dist/LICENSE?gzip";
import style from "swagger-ui-dist/swagger-ui.css?gzip";
import swagger from "swagger-ui-dist/swagger-ui-bundle.js?gzip";
import notices from "swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt?gzip";
import ownStyle from "../../web/docs.css?gzip";
import html from "../../web/docs.html";
import script from "../../web/docs.js?gzip";
import { site } from "../http/site.ts";

/** The API as an interactive page, and the files that it needs. */
export const show = site("docs", html, {
  "docs.js": script,
  "docs.css": ownStyle,
  "swagger-ui.css": style,
  "swagger-ui-bundle.js": swagger,
  "swagger-ui-bundle.js.LICENSE.txt": notices,
  LICENSE: license,
});
