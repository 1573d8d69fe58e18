import { rename, writeFile } from "node:fs/promises";

/** Writes a file that its owner alone may read, whole or not at all. */
export async function writeOwnFile(file: string, text: string): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, text, { mode: 0o600 });
  await rename(unfinished, file);
}
