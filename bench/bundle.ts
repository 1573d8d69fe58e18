import { dirname, parse } from "node:path";
import { buildInto } from "../bin/build.ts";

/** Builds `entry` as `outfile` (.mjs), as what is deployed is built. Returns the bytes of code that a start loads. */
export async function bundle(entry: string, outfile: string): Promise<number> {
  const { loaded, outputs } = await buildInto(dirname(outfile), entry, parse(outfile).name);
  return loaded.reduce((sum, file) => sum + outputs[file]!.bytes, 0);
}
