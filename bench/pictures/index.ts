import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildInto } from "../../bin/build.ts";

/**
 * The command `npm run pictures`. The page's files are built in, so the program is built first, as all that is deployed is.
 * It lies in the project, where it finds the browser's package.
 */
const { file } = await buildInto(join(process.cwd(), "dist/pictures"), "bench/pictures/run.ts", "pictures", [
  {
    name: "browser",
    setup: (build) => build.onResolve({ filter: /^playwright-core$/ }, ({ path }) => ({ path, external: true })),
  },
]);
await import(pathToFileURL(file).href);
