import { DenseMap } from "./dense-map.ts";
import { Deque } from "./deque.ts";
import { ExpiryQueue } from "./expiry-queue.ts";
import { type Bytes, WRONG_TYPE } from "./replies.ts";
import { SortedSet } from "./sorted-set.ts";
import { Hash, MemberSet, sizeOf, type Value } from "./values.ts";

/** No expiry. */
export const NEVER = Number.POSITIVE_INFINITY;

/** About what the store spends on a key, and on an element, beside their bytes. */
const KEY_OVERHEAD = 96;
const ELEMENT_OVERHEAD = 32;
const STALE_ALLOWED = 1_024;

export interface Entry {
  value: Value;
  /** ms since the epoch, or `NEVER`. The key is still there in that very millisecond, as in Redis. */
  expireAt: number;
  /** As last counted into `usedBytes`. */
  bytes: number;
}

/**
 * The keys and what they hold. An expired key is never seen: it goes when it is looked up, or with the next command.
 * Commands read and change values in place and then say so by `changed`.
 */
export class Store {
  /** ms since the epoch. It stands still while a command, a transaction or a script runs. */
  now = 0;
  /** The same instant, more exactly. */
  microseconds = 0;
  /** How many changes were made so far. */
  changes = 0;
  /** An estimate of the memory that keys and values take. */
  usedBytes = 0;
  /** Told of each key that expired. */
  onExpired: (key: Bytes) => void = () => {};
  /** While a log is read back, keys expire by what the log says only. */
  loading = false;
  private readonly entries = new DenseMap<Entry>();
  private readonly queue = new ExpiryQueue();
  private expiring = 0;

  get size(): number {
    return this.entries.size;
  }

  /** How many keys have an expiry. */
  get sizeExpiring(): number {
    return this.expiring;
  }

  get(key: Bytes): Entry | undefined {
    const entry = this.entries.get(key);
    if (!entry || entry.expireAt >= this.now || this.loading) return entry;
    this.expire(key);
    return undefined;
  }

  has(key: Bytes): boolean {
    return this.get(key) !== undefined;
  }

  /** Put a value in place of whatever the key holds, without an expiry unless `expireAt` is given. */
  set(key: Bytes, value: Value, expireAt = NEVER): void {
    const entry = this.entries.get(key);
    if (entry) {
      entry.value = value;
      this.setExpiry(key, entry, expireAt);
    } else {
      const created = { value, expireAt: NEVER, bytes: 0 };
      this.entries.set(key, created);
      this.setExpiry(key, created, expireAt);
    }
    this.changed(key);
  }

  /** Returns whether the key was there. */
  delete(key: Bytes): boolean {
    if (!this.has(key)) return false;
    this.remove(key);
    this.changes++;
    return true;
  }

  /** Give a key that is there an expiry, or take it away by `NEVER`. */
  expireAt(key: Bytes, at: number): void {
    const entry = this.get(key);
    if (!entry) return;
    this.setExpiry(key, entry, at);
    this.changes++;
  }

  /** Count a change that was made to the key's value in place. A value that became empty is removed. */
  changed(key: Bytes, changes = 1): void {
    this.changes += changes;
    const entry = this.entries.get(key);
    if (!entry) return;
    if (sizeOf(entry.value) === 0) {
      this.remove(key);
      return;
    }
    const bytes = memoryOf(key, entry.value);
    this.usedBytes += bytes - entry.bytes;
    entry.bytes = bytes;
  }

  clear(): void {
    this.changes += this.entries.size;
    this.entries.clear();
    this.queue.tidy(() => false);
    this.expiring = 0;
    this.usedBytes = 0;
  }

  /** Remove what expired before `now`. */
  removeExpired(): void {
    if (this.loading) return;
    for (let due = this.queue.takeBefore(this.now); due; due = this.queue.takeBefore(this.now)) {
      if (this.entries.get(due.key)?.expireAt === due.at) this.expire(due.key);
    }
  }

  /** Do not change the store while using it. */
  allKeys(): readonly Bytes[] {
    return this.entries.allKeys();
  }

  /** For SCAN and RANDOMKEY; see `DenseMap`. */
  get positions(): DenseMap<Entry> {
    return this.entries;
  }

  string(key: Bytes): Bytes | undefined {
    const value = this.get(key)?.value;
    if (value === undefined || typeof value === "string") return value;
    throw WRONG_TYPE;
  }

  list(key: Bytes): Deque | undefined {
    const value = this.get(key)?.value;
    if (value === undefined || value instanceof Deque) return value;
    throw WRONG_TYPE;
  }

  hash(key: Bytes): Hash | undefined {
    const value = this.get(key)?.value;
    if (value === undefined || value instanceof Hash) return value;
    throw WRONG_TYPE;
  }

  memberSet(key: Bytes): MemberSet | undefined {
    const value = this.get(key)?.value;
    if (value === undefined || value instanceof MemberSet) return value;
    throw WRONG_TYPE;
  }

  sortedSet(key: Bytes): SortedSet | undefined {
    const value = this.get(key)?.value;
    if (value === undefined || value instanceof SortedSet) return value;
    throw WRONG_TYPE;
  }

  listOrNew(key: Bytes): Deque {
    return this.list(key) ?? this.add(key, new Deque());
  }

  hashOrNew(key: Bytes): Hash {
    return this.hash(key) ?? this.add(key, new Hash());
  }

  memberSetOrNew(key: Bytes): MemberSet {
    return this.memberSet(key) ?? this.add(key, new MemberSet());
  }

  sortedSetOrNew(key: Bytes): SortedSet {
    return this.sortedSet(key) ?? this.add(key, new SortedSet());
  }

  /** A new value that its creator is about to fill; it calls `changed` then. */
  private add<V extends Value>(key: Bytes, value: V): V {
    this.entries.set(key, { value, expireAt: NEVER, bytes: 0 });
    return value;
  }

  private setExpiry(key: Bytes, entry: Entry, at: number): void {
    this.expiring += Number(at !== NEVER) - Number(entry.expireAt !== NEVER);
    if (at === entry.expireAt) return;
    entry.expireAt = at;
    if (at === NEVER) return;
    this.queue.add(key, at);
    if (this.queue.size > 2 * this.expiring + STALE_ALLOWED) {
      this.queue.tidy((due) => this.entries.get(due.key)?.expireAt === due.at);
    }
  }

  private expire(key: Bytes): void {
    this.remove(key);
    this.onExpired(key);
  }

  private remove(key: Bytes): void {
    const entry = this.entries.delete(key);
    if (!entry) return;
    this.usedBytes -= entry.bytes;
    if (entry.expireAt !== NEVER) this.expiring--;
  }
}

/** What MEMORY USAGE answers: an estimate. */
export function memoryOf(key: Bytes, value: Value): number {
  const content = typeof value === "string" ? value.length : value.bytes + sizeOf(value) * ELEMENT_OVERHEAD;
  return KEY_OVERHEAD + key.length + content;
}
