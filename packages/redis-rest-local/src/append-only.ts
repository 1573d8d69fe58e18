import { existsSync, readdirSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

const FOLDER = "appendonlydir";
const MANIFEST = "appendonly.aof.manifest";

/** The lines that Redis prints when it cannot read its data, and what each means. The first match counts. */
const TROUBLES: readonly [RegExp, (match: RegExpMatchArray) => string][] = [
  [/Can't handle RDB format version (\d+)/, ([, version]) => `was written by a newer Redis (RDB format ${version})`],
  [
    /Unknown command '(.*?)' reading/,
    ([, command]) => `was written by another Redis, which knows the command ${command}`,
  ],
  [/Unable to obtain the AOF file (\S+) length.*No such file/, ([, file]) => `lacks the file ${file}`],
  [/AOF MANIFEST FILE ERROR/, () => `has a damaged ${MANIFEST}`],
  [/Bad file format reading the append only file (\S+?):/, ([, file]) => `has a damaged ${file}`],
  [/Internal error in RDB reading|RDB CRC error|Wrong signature trying to load DB/, () => "has a damaged base file"],
  [/Unrecoverable error reading the append only file (\S+?):/, ([, file]) => `has an unreadable ${file}`],
];

/** A line in which Redis says that it dropped the incomplete end of its file, which a process killed in a write leaves. */
const CUT = /Truncating the AOF (\S+) at offset (\d+)/;

/**
 * Returns what is wrong with the append-only files in `dir` if Redis would not notice: without a manifest it starts empty,
 * and overwrites the files.
 */
export function lostManifest(dir: string): string | undefined {
  const folder = join(dir, FOLDER);
  if (!existsSync(folder) || existsSync(join(folder, MANIFEST))) return undefined;
  const left = readdirSync(folder).filter((name) => /\.(aof|rdb)$/.test(name) && !name.startsWith("temp-"));
  return left.length === 0 ? undefined : advice(dir, `has lost its ${MANIFEST}`);
}

/** Returns why Redis could not read its data, from the lines that it printed, and what to do; undefined for other faults. */
export function unreadable(lines: readonly string[], dir: string): string | undefined {
  const text = lines.join("\n");
  for (const [pattern, what] of TROUBLES) {
    const match = text.match(pattern);
    if (match) return advice(dir, what(match));
  }
  return undefined;
}

/** Returns a message about a dropped end of Redis' file, if the line reports one. */
export function cutEnd(line: string): string | undefined {
  const [, file, offset] = line.match(CUT) ?? [];
  return file && `${file} had an incomplete end, which was cut at byte ${offset}: the last write was interrupted`;
}

/** Forces what Redis has written to the disk. */
export async function syncToDisk(dir: string): Promise<void> {
  const folder = join(dir, FOLDER);
  for (const name of (await readdir(folder)).filter((each) => each.endsWith(".incr.aof"))) {
    const file = await open(join(folder, name)).catch(() => undefined); // Redis may have removed it meanwhile
    await file?.datasync().finally(() => file.close());
  }
}

function advice(dir: string, what: string): string {
  const folder = join(dir, FOLDER);
  return `the jobs in ${folder} cannot be read: it ${what}.
  To keep them: copy the folder first. Start with the Redis that wrote it, put back the missing file from a copy, or run
    redis-check-aof --fix ${join(folder, MANIFEST)}
  which cuts a damaged file where the damage begins.
  To begin without them: mv ${folder} ${folder}.old`;
}
