import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** Reads the variables of an `.env` file; none if there is no such file. @throws Error that says why it cannot be read */
export function readEnvFile(file: string): Record<string, string> {
  try {
    return parseEnv(textOf(read(file))) as Record<string, string>;
  } catch (error) {
    throw new Error(`.env cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
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
