import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildInto } from "../bin/build.ts";

/**
 * Builds a program that serves the dashboard, and runs it: the page's files are built in, as into all that is deployed. It lies in
 * the project, where it finds the browser's package.
 */
export async function runBuilt(entry: string, name: string): Promise<void> {
  const { file } = await buildInto(join(process.cwd(), "dist", name), entry, name, [
    {
      name: "browser",
      setup: (build) => build.onResolve({ filter: /^playwright-core$/ }, ({ path }) => ({ path, external: true })),
    },
  ]);
  await import(pathToFileURL(file).href);
}
