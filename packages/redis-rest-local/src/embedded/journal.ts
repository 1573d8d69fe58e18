import { chmod, type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Durability } from "../durability.ts";
import { lock } from "../lock.ts";
import { readLog, writeAll } from "./log-file.ts";
import { type Batch, encodeBatch, MAGIC } from "./log-format.ts";

const LOG = "store.log";
/** How long changes wait that no caller waits for (keys that expire), and a write that failed until it is tried again. */
const WRITE_AFTER_MS = 200;
/** How much a power cut may lose where `durability` is "process". */
const SYNC_AFTER_MS = 1_000;
/** The log is rewritten when it is longer than this and twice its length after the last rewrite. */
const SLACK_BYTES = 16 * 1024 * 1024;

export interface JournalOptions {
  readonly dir: string;
  /** What a change that is kept survives. */
  readonly durability: Durability;
  /** Gets what the log holds, in order. */
  readonly replay: (batch: Batch) => void;
  /** What the store holds now, as batches that make it so. */
  readonly snapshot: () => Iterable<Batch>;
  /** Told when the log cannot be written, and (undefined) when it can be again. */
  readonly onFault: (error: Error | undefined) => void;
  readonly warn: (message: string) => void;
}

/**
 * The log of what was changed. Changes that come while a write is under way share the next one. What a write that failed
 * was to keep is tried again, in order and at the same place.
 */
export class Journal {
  private readonly options: JournalOptions;
  private readonly unlock: () => Promise<void>;
  private file: FileHandle;
  private size: number;
  private sizeAtRewrite: number;
  private pending: Batch[] = [];
  private writeTimer: NodeJS.Timeout | undefined;
  private syncTimer: NodeJS.Timeout | undefined;
  /** The write under way, and the one after it. */
  private writing: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  private constructor(options: JournalOptions, unlock: () => Promise<void>, file: FileHandle, size: number) {
    this.options = options;
    this.unlock = unlock;
    this.file = file;
    this.size = size;
    this.sizeAtRewrite = MAGIC.length;
  }

  /**
   * Read the log, replay it and go on with it.
   *
   * @throws Error when another process uses the directory, or when the log cannot be read
   */
  static async open(options: JournalOptions): Promise<Journal> {
    await mkdir(options.dir, { recursive: true });
    await chmod(options.dir, 0o700);
    const unlock = await lock(options.dir);
    try {
      const size = await readLog({ ...options, path: join(options.dir, LOG) });
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
    this.writeTimer ??= setTimeout(() => void this.kept().catch(() => {}), WRITE_AFTER_MS);
  }

  /**
   * Resolves when all that was appended is kept, as `durability` says.
   *
   * @throws Error when it cannot be written now; it stays in memory and is tried again
   */
  kept(): Promise<void> {
    if (this.next !== undefined) return this.next;
    if (this.pending.length === 0) return this.writing ?? Promise.resolve();
    this.next = (this.writing ?? Promise.resolve())
      .catch(() => {}) // those who waited for it were told
      .then(() => {
        this.writing = this.next;
        this.next = undefined;
        return this.writePending();
      })
      .finally(() => {
        this.writing = undefined;
      });
    return this.next;
  }

  /** @throws Error when something could not be written; the file is closed and the folder free then, too */
  async close(): Promise<void> {
    try {
      await this.kept();
      await this.file.datasync();
    } catch (cause) {
      await this.file.truncate(this.size).catch(() => {}); // the next start cuts it, else
      const why = (cause as Error).message;
      throw new Error(`${this.options.dir} could not be written: ${why}. What was refused since then is not kept`, {
        cause,
      });
    } finally {
      this.pending = [];
      clearTimeout(this.writeTimer);
      clearTimeout(this.syncTimer);
      await this.file.close();
      await this.unlock();
    }
  }

  private async writePending(): Promise<void> {
    clearTimeout(this.writeTimer);
    this.writeTimer = undefined;
    const batches = this.pending;
    if (batches.length === 0) return; // a rewrite has written them meanwhile
    this.pending = [];
    try {
      const bytes = Buffer.concat(batches.map(encodeBatch));
      await writeAll(this.file, bytes, this.size);
      if (this.options.durability === "power") await this.file.datasync();
      else this.syncTimer ??= setTimeout(() => void this.sync(), SYNC_AFTER_MS);
      this.size += bytes.length;
    } catch (error) {
      const later = this.pending;
      this.pending = [];
      for (const batch of [...batches, ...later]) this.append(batch);
      this.options.onFault(error as Error);
      throw error;
    }
    this.options.onFault(undefined);
    await this.rewriteIfLong();
  }

  /** Force what was written to the disk. */
  private async sync(): Promise<void> {
    this.syncTimer = undefined;
    await this.file.datasync().catch((error: Error) => {
      this.options.warn(`${this.options.dir}: the disk did not take what was written: ${error.message}`);
      this.syncTimer ??= setTimeout(() => void this.sync(), SYNC_AFTER_MS);
    });
  }

  private async rewriteIfLong(): Promise<void> {
    if (this.size <= 2 * this.sizeAtRewrite + SLACK_BYTES) return;
    const path = join(this.options.dir, LOG);
    try {
      await this.rewrite(path);
    } catch (error) {
      // The log as it is stays good, only long.
      this.options.warn(`${path}: it could not be made shorter: ${(error as Error).message}`);
      this.sizeAtRewrite = this.size;
      await rm(`${path}.new`, { force: true });
    }
  }

  /** Write the store as it is now, and put that in the log's place. */
  private async rewrite(path: string): Promise<void> {
    // What is pending is in the snapshot. It is taken at one moment, before the first await.
    const parts: Buffer[] = [MAGIC];
    for (const batch of this.options.snapshot()) parts.push(encodeBatch(batch));
    const included = this.pending.length;
    const file = await open(`${path}.new`, "w", 0o600);
    const bytes = Buffer.concat(parts);
    try {
      await writeAll(file, bytes, 0);
      await file.datasync();
      await rename(`${path}.new`, path);
    } catch (error) {
      await file.close();
      throw error;
    }
    const old = this.file;
    this.file = file;
    this.size = bytes.length;
    this.sizeAtRewrite = bytes.length;
    this.pending = this.pending.slice(included);
    await old.close();
  }
}
