import { site } from "../../lib/http/site.ts";
import script from "../../web/dashboard/dashboard.js?gzip";
import style from "../../web/dashboard.css?gzip";
import html from "../../web/dashboard.html";

/** GET / and the files that it needs: the queue at a glance. It knows no more than the HTTP API tells. */
export const handler = site("dashboard", html, { "dashboard.js": script, "dashboard.css": style });
