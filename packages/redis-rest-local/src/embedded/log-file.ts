import { type FileHandle, open, readFile, writeFile } from "node:fs/promises";
import { decodeLog, HEADER_BYTES, type LoggedChanges, MAGIC } from "./log-format.ts";

const FAMILY = "wakeq embedded store ";

/** A log to read, and what to do with it. */
export interface LogFile {
  readonly path: string;
  /** Gets the batches of the log, in order. */
  readonly replay: (batch: LoggedChanges) => void;
  readonly warn: (message: string) => void;
}

/**
 * Replays the log, which is made if absent. Returns its length in bytes. An end that cannot be read is cut off: the record
 * that was being written when its process ended, or damaged data, which is saved beside the log, with a warning.
 *
 * @throws Error that says what to do if the file is no log of this version, or if damaged data cannot be saved
 */
export async function readLog(file: LogFile): Promise<number> {
  const log = await contentOf(file.path);
  if (MAGIC.subarray(0, log.length).equals(log)) {
    await writeFile(file.path, MAGIC, { mode: 0o600 }); // new, or its process ended while it made the file
    return MAGIC.length;
  }
  if (!log.subarray(0, MAGIC.length).equals(MAGIC)) throw new Error(strange(file.path, log));
  const size = replayed(log, file);
  if (size < log.length) await cut(log, size, file);
  return size;
}

/** Writes all of `bytes`, in as many writes as it takes. */
export async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

async function contentOf(path: string): Promise<Buffer> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
}

function strange(path: string, log: Buffer): string {
  const newer = log.subarray(0, FAMILY.length).equals(Buffer.from(FAMILY));
  const what = newer
    ? "was written by another version of this store: start that one"
    : "is not a log of the embedded store";
  return `${path} ${what}. To begin without its data: mv ${path} ${path}.old`;
}

/** Replays the records. Returns where the last whole one ends. */
function replayed(log: Buffer, { path, replay }: LogFile): number {
  let size = MAGIC.length;
  for (const { batch, end } of decodeLog(log)) {
    try {
      replay(batch);
    } catch (cause) {
      const why = (cause as Error).message;
      throw new Error(
        `${path}: what is at byte ${size} cannot be run (${why}): start the version that wrote it. To begin without its data: mv ${path} ${path}.old`,
        { cause },
      );
    }
    size = end;
  }
  return size;
}

async function cut(log: Buffer, size: number, { path, warn }: LogFile): Promise<void> {
  const rest = log.subarray(size);
  // Appended to what an earlier start saved there.
  const saved = await writeFile(`${path}.damaged`, rest, { flag: "a", mode: 0o600 }).catch((error: Error) => error);
  if (isTorn(rest)) {
    const where = saved ? "" : `, saved as ${path}.damaged`;
    warn(`${path}: its last ${rest.length} bytes are incomplete, as when a write was interrupted: cut off${where}`);
  } else if (saved) {
    throw new Error(
      `${path} is damaged at byte ${size} of ${log.length}, and what follows cannot be saved beside it (${saved.message}): make room and start again`,
      { cause: saved },
    );
  } else {
    warn(
      `${path}: damaged at byte ${size} of ${log.length}. What is before it was read, the rest is in ${path}.damaged`,
    );
  }
  const file = await open(path, "r+");
  await file.truncate(size);
  await file.close();
}

/** Returns whether a record was not written to its end: the file is too short, or it has grown but holds only zeros. */
function isTorn(rest: Buffer): boolean {
  return (
    rest.length < HEADER_BYTES || HEADER_BYTES + rest.readUInt32LE(0) > rest.length || rest.every((byte) => byte === 0)
  );
}
