import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundledFolders, noticesOf } from "../notices.ts";
import { buildCode } from "./code.ts";
import { buildTypes } from "./types.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What a build leaves in its folder. `container` beside them is of `npm run bundle`. */
const PARTS = ["bin", "chunks", "client", "commonjs", "lib", "testing", "NOTICES.txt"];

/** Builds the package into `folder`: JavaScript and declarations, with everything inlined that they need. */
export async function buildPackage(folder: string): Promise<void> {
  for (const part of PARTS) await rm(join(folder, part), { recursive: true, force: true });
  const [outputs] = await Promise.all([buildCode(folder), buildTypes(folder)]);
  await writeFile(join(folder, "NOTICES.txt"), noticesOf(bundledFolders([{ outputs }]), ROOT));
}
