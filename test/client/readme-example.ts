import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The code in `client/README.md`. */
export async function readmeExample(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, "../../client/README.md"), "utf8");
  return /```ts\n([\s\S]*?)```/.exec(text)![1]!;
}
