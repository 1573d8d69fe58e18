import { chmod, type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Durability } from "../durability.ts";
import { lock } from "../lock.ts";
import { readLog, writeAll } from "./log-file.ts";
import { encodeBatch, type LoggedChanges, MAGIC } from "./log-format.ts";

const LOG = "store.log";
/** How long changes that no caller waits for (expired keys) may wait, and a failed write waits to be tried again, in ms. */
const WRITE_AFTER_MS = 200;
/** How much a power cut may lose if `durability` is "process", in ms. */
const SYNC_AFTER_MS = 1_000;
/** The length above which the log is rewritten, if it is also twice as long as after the last rewrite. */
const SLACK_BYTES = 16 * 1024 * 1024;

/** The settings of a journal. */
export interface JournalOptions {
  readonly dir: string;
  /** What a kept change survives. */
  readonly durability: Durability;
  /** Gets the batches of the log, in order. */
  readonly replay: (batch: LoggedChanges) => void;
  /** Returns batches that would rebuild the store as it is now. */
  readonly snapshot: () => Iterable<LoggedChanges>;
  /** Called when the log cannot be written, and with undefined when it can be again. */
  readonly onFault: (error: Error | undefined) => void;
  readonly warn: (message: string) => void;
}

/**
 * The log of changes. Changes that come while a write is under way share the next write. A failed write is tried again, in
 * order and at the same place.
 */
export class Journal {
  private readonly options: JournalOptions;
  private readonly unlock: () => Promise<void>;
  private file: FileHandle;
  private size: number;
  private sizeAtRewrite: number;
  private pending: LoggedChanges[] = [];
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
   * Reads the log, replays it and continues it.
   *
   * @throws Error if another process uses the folder, or if the log cannot be read
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

  append(batch: LoggedChanges): void {
    this.pending.push(batch);
    this.writeTimer ??= setTimeout(() => void this.kept().catch(() => {}), WRITE_AFTER_MS);
  }

  /**
   * Resolves when all appended changes are kept, as `durability` says.
   *
   * @throws Error if they cannot be written now; they stay in memory and are tried again
   */
  kept(): Promise<void> {
    if (this.next !== undefined) return this.next;
    if (this.pending.length === 0) return this.writing ?? Promise.resolve();
    this.next = (this.writing ?? Promise.resolve())
      .catch(() => {}) // the callers that waited for it were told
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

  /** Closes the log. @throws Error if something could not be written; the file is closed and the folder free even then */
  async close(): Promise<void> {
    try {
      await this.kept();
      await this.file.datasync();
    } catch (cause) {
      await this.file.truncate(this.size).catch(() => {}); // otherwise the next start cuts it
      const why = (cause as Error).message;
      throw new Error(
        `${this.options.dir} could not be written: ${why}. Changes that were refused since then are lost`,
        {
          cause,
        },
      );
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
    if (batches.length === 0) return; // a rewrite has already written them
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

  /** Forces what was written to the disk. */
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
      // The present log stays good, it is only long.
      this.options.warn(`${path}: the log could not be shortened: ${(error as Error).message}`);
      this.sizeAtRewrite = this.size;
      await rm(`${path}.new`, { force: true });
    }
  }

  /** Writes the store as it is now, and replaces the log by that. */
  private async rewrite(path: string): Promise<void> {
    // The snapshot, taken at one moment before the first await, contains the pending changes.
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
