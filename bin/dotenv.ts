import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

// Imported before everything else, so that modules that read the environment on import see it. A variable set outside wins.
try {
  for (const [name, value] of Object.entries(parseEnv(textOf(read())))) process.env[name] ??= value;
} catch (error) {
  console.error(`wakeq: .env cannot be read: ${(error as Error).message}`);
  process.exit(1);
}

/** Reads the file; empty if there is none. */
function read(): Buffer {
  try {
    return readFileSync(".env");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}

/** Decodes the file. Windows editors write a byte order mark, which would join the first name; PowerShell writes UTF-16. */
function textOf(bytes: Buffer): string {
  const isUtf16 = bytes.includes(0) || bytes[0] === 0xff || bytes[0] === 0xfe;
  try {
    if (!isUtf16) return new TextDecoder("utf-8", { fatal: true }).decode(bytes); // without the mark
  } catch {
    // the error is thrown below
  }
  throw new Error("it is not UTF-8: save it as UTF-8 in your editor");
}
