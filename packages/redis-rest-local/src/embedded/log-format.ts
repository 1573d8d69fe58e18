import { crc32 } from "node:zlib";
import type { Bytes } from "./replies.ts";

/** Changes that belong together, and when they were made (ms since the epoch). */
export interface LoggedChanges {
  readonly now: number;
  readonly commands: readonly (readonly Bytes[])[];
}

/** The beginning of the file, so that another file is not taken for a log. */
export const MAGIC = Buffer.from("wakeq embedded store 1\n");

/** The size of a record's length and checksum. */
export const HEADER_BYTES = 8;

/** Writes a record: length and checksum of what follows, the time, then each command in Redis' protocol. */
export function encodeBatch({ now, commands }: LoggedChanges): Buffer {
  const parts = [`${now}\n`];
  for (const command of commands) {
    parts.push(`*${command.length}\r\n`);
    for (const argument of command) parts.push(`$${argument.length}\r\n`, argument, "\r\n");
  }
  const payload = Buffer.from(parts.join(""), "latin1");
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt32LE(crc32(payload), 4);
  return Buffer.concat([header, payload]);
}

/** Reads the records of a log, each with its end. Stops where the log is damaged or incomplete. */
export function* decodeLog(log: Buffer): Generator<{ batch: LoggedChanges; end: number }> {
  if (!log.subarray(0, MAGIC.length).equals(MAGIC)) return;
  let at = MAGIC.length;
  while (at + HEADER_BYTES <= log.length) {
    const end = at + HEADER_BYTES + log.readUInt32LE(at);
    if (end > log.length || end === at + HEADER_BYTES) return; // no record is empty
    const payload = log.subarray(at + HEADER_BYTES, end);
    if (crc32(payload) !== log.readUInt32LE(at + 4)) return;
    yield { batch: decodeBatch(payload.toString("latin1")), end };
    at = end;
  }
}

/** Reads a record, which is well-formed, since its checksum was right. */
function decodeBatch(text: Bytes): LoggedChanges {
  let at = text.indexOf("\n") + 1;
  const now = Number(text.slice(0, at));
  const commands: Bytes[][] = [];
  const number = () => {
    const end = text.indexOf("\r\n", at);
    const value = Number(text.slice(at + 1, end));
    at = end + 2;
    return value;
  };
  while (at < text.length) {
    const command: Bytes[] = [];
    for (let left = number(); left > 0; left--) {
      const length = number();
      command.push(text.slice(at, at + length));
      at += length + 2;
    }
    commands.push(command);
  }
  return { now, commands };
}
