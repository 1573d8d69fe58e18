import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildOutput } from "./build.ts";

interface PackageManifest {
  name: string;
  version: string;
  license?: string;
}

/** The packages in a page's own script, which is bundled apart from what serves it (esbuild.plugins.cjs). */
const IN_PAGES: [page: string, folder: string][] = [["web/dashboard/", "node_modules/preact"]];

/** Returns the folders of the packages whose code went into the bundles. */
export function bundledFolders(built: readonly Pick<BuildOutput, "outputs">[]): string[] {
  const inputs = built.flatMap(({ outputs }) => Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)));
  const folders = inputs.flatMap(
    (path) => /node_modules\/(?:.*node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  );
  const inPages = IN_PAGES.flatMap(([page, folder]) => (inputs.some((path) => path.includes(page)) ? [folder] : []));
  return [...new Set([...folders, ...inPages])].sort();
}

/**
 * Collects the licenses of packages, which must go wherever the packages' code goes.
 *
 * @throws Error that names a package with neither a license's text nor its name
 */
export function noticesOf(folders: readonly string[], root: string): string {
  return folders.map((folder) => noticeOf(join(root, folder))).join(`\n${"-".repeat(80)}\n\n`);
}

function noticeOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageManifest;
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  if (texts.length === 0 && license === undefined)
    throw new Error(`${name} has no license: ask its authors, or leave it out (${folder})`);
  return [`${name} ${version} (${license ?? "see below"})`, ...texts].join("\n\n").concat("\n");
}
