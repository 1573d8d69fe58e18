import script from "../../web/dashboard/dashboard.tsx?gzip";
import style from "../../web/dashboard.css?gzip";
import html from "../../web/dashboard.html";
import { site } from "../http/site.ts";

/** The queue at a glance, and the files that the page needs. It knows no more than the HTTP API tells. */
export const show = site("dashboard", html, { "dashboard.js": script, "dashboard.css": style });
