import { fileURLToPath } from "node:url";
import { buildPackage } from "./package/build.ts";

/** Runs `npm run build`: builds what `npm install wakeq` brings into `dist`. */
await buildPackage(fileURLToPath(new URL("../dist", import.meta.url)));
