import { type FileHandle, mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lock } from "../lock.ts";
import { type Batch, decodeLog, encodeBatch, MAGIC } from "./log-format.ts";

const LOG = "store.log";
const WRITE_AFTER_MS = 200;
/** The log is written anew when it is this much longer than twice what it was after it was last written anew. */
const SLACK_BYTES = 16 * 1024 * 1024;

export interface JournalOptions {
  readonly dir: string;
  /** Gets what the log holds, in order. */
  readonly replay: (batch: Batch) => void;
  /** What the store holds now, as batches that make it so. */
  readonly snapshot: () => Iterable<Batch>;
  /** Told when the log cannot be written, and (undefined) when it can be again. */
  readonly onFault: (error: Error | undefined) => void;
  readonly warn: (message: string) => void;
}

/**
 * The log of what was changed. It is written, and forced to the disk, 200 ms after the first change that is not yet in
 * it: that is what a process that is killed loses. A half-written end is cut off when it is next opened.
 */
export class Journal {
  private readonly options: JournalOptions;
  private readonly unlock: () => Promise<void>;
  private file: FileHandle;
  private size: number;
  private sizeWhenFresh: number;
  private pending: Batch[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  private constructor(options: JournalOptions, unlock: () => Promise<void>, file: FileHandle, size: number) {
    this.options = options;
    this.unlock = unlock;
    this.file = file;
    this.size = size;
    this.sizeWhenFresh = MAGIC.length;
  }

  /**
   * Read the log, replay it and go on with it.
   *
   * @throws Error when another process uses the directory, or when what is in the log cannot be run
   */
  static async open(options: JournalOptions): Promise<Journal> {
    await mkdir(options.dir, { recursive: true });
    const unlock = await lock(options.dir);
    try {
      const size = await read(options);
      const file = await open(join(options.dir, LOG), "r+");
      const journal = new Journal(options, unlock, file, size);
      await journal.rewriteIfLong();
      return journal;
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  append(batch: Batch): void {
    this.pending.push(batch);
    this.schedule();
  }

  /** Write what is not written yet. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.writing.then(() => this.writePending());
    await this.writing;
  }

  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.timer);
    await this.file.close();
    await this.unlock();
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => void this.flush(), WRITE_AFTER_MS);
  }

  private async writePending(): Promise<void> {
    if (this.pending.length === 0) return;
    const batches = this.pending;
    this.pending = [];
    try {
      const bytes = Buffer.concat(batches.map(encodeBatch));
      await writeAll(this.file, bytes, this.size);
      await this.file.datasync();
      this.size += bytes.length;
      this.options.onFault(undefined);
    } catch (error) {
      // In order, and at the same place as before: what was written of them in part is written over.
      this.pending = [...batches, ...this.pending];
      this.schedule();
      this.options.onFault(error as Error);
      return;
    }
    await this.rewriteIfLong();
  }

  private async rewriteIfLong(): Promise<void> {
    if (this.size <= 2 * this.sizeWhenFresh + SLACK_BYTES) return;
    try {
      await this.rewrite();
    } catch (error) {
      // The log as it is stays good, only long.
      this.options.warn(`${this.options.dir}: the log could not be written anew: ${(error as Error).message}`);
      this.sizeWhenFresh = this.size;
    }
  }

  /** Write the store as it is now, and put that in the log's place. */
  private async rewrite(): Promise<void> {
    // What is pending is in the snapshot. It is taken at one moment, before the first await.
    const parts: Buffer[] = [MAGIC];
    for (const batch of this.options.snapshot()) parts.push(encodeBatch(batch));
    const replaced = this.pending;
    this.pending = [];
    const path = join(this.options.dir, LOG);
    try {
      const file = await open(`${path}.new`, "w");
      const bytes = Buffer.concat(parts);
      await writeAll(file, bytes, 0);
      await file.datasync();
      await rename(`${path}.new`, path);
      await this.file.close();
      this.file = file;
      this.size = bytes.length;
      this.sizeWhenFresh = bytes.length;
    } catch (error) {
      this.pending = [...replaced, ...this.pending];
      throw error;
    }
  }
}

/** Replay the log; returns its length without what was damaged, which is cut off and kept beside it. */
async function read({ dir, replay, warn }: JournalOptions): Promise<number> {
  const path = join(dir, LOG);
  const log = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!log) {
    await writeFile(path, MAGIC);
    return MAGIC.length;
  }
  let size = log.subarray(0, MAGIC.length).equals(MAGIC) ? MAGIC.length : 0;
  for (const { batch, end } of decodeLog(log)) {
    replay(batch);
    size = end;
  }
  if (size === log.length) return size;
  warn(`${path}: ${log.length - size} bytes at its end are damaged or incomplete: moved to ${path}.damaged`);
  await writeFile(`${path}.damaged`, log.subarray(size));
  const file = await open(path, "r+");
  await file.truncate(size);
  if (size === 0) await writeAll(file, MAGIC, 0);
  await file.close();
  return Math.max(size, MAGIC.length);
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
