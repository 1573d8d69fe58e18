import { DenseMap } from "./dense-map.ts";
import { Deque } from "./deque.ts";
import { ExpiryQueue } from "./expiry-queue.ts";
import { type Bytes, WRONG_TYPE } from "./replies.ts";
import { SortedSet } from "./sorted-set.ts";
import { Hash, MemberSet, sizeOf, type Value } from "./values.ts";

/** The expiry of a key that has none. */
export const NEVER = Number.POSITIVE_INFINITY;

/** About how many bytes the store spends on a key, and on an element, in addition to their own. */
const KEY_OVERHEAD = 96;
const ELEMENT_OVERHEAD = 32;
const STALE_ALLOWED = 1_024;

/** A key of the store. */
export interface KeyEntry {
  value: Value;
  /** The expiry, ms since the epoch, or `NEVER`. In that millisecond the key still exists, as in Redis. */
  expireAt: number;
  /** The size that was last added to `usedBytes`. */
  bytes: number;
}

/**
 * The keys and their values. An expired key is never seen: it is removed when it is looked up, or by the next command.
 * Commands read and change values in place, and then call `changed`.
 */
export class Store {
  /** The time, ms since the epoch. It stands still while a command, a transaction or a script runs. */
  now = 0;
  /** The same time, more exactly. */
  microseconds = 0;
  /** How many changes have been made so far. */
  changes = 0;
  /** An estimate of the memory that keys and values take. */
  usedBytes = 0;
  /** Called with each key that expired. */
  onExpired: (key: Bytes) => void = () => {};
  /** Whether a log is being read back: then keys expire only when the log says so. */
  loading = false;
  private readonly entries = new DenseMap<KeyEntry>();
  private readonly queue = new ExpiryQueue();
  private expiring = 0;

  get size(): number {
    return this.entries.size;
  }

  /** How many keys have an expiry. */
  get sizeExpiring(): number {
    return this.expiring;
  }

  get(key: Bytes): KeyEntry | undefined {
    const entry = this.entries.get(key);
    if (!entry || entry.expireAt >= this.now || this.loading) return entry;
    this.expire(key);
    return undefined;
  }

  has(key: Bytes): boolean {
    return this.get(key) !== undefined;
  }

  /** Sets a key's value, whatever it held; it has no expiry unless `expireAt` is given. */
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

  /** Removes a key. Returns whether it existed. */
  delete(key: Bytes): boolean {
    if (!this.has(key)) return false;
    this.remove(key);
    this.changes++;
    return true;
  }

  /** Gives a key that exists an expiry; `NEVER` removes it. */
  expireAt(key: Bytes, at: number): void {
    const entry = this.get(key);
    if (!entry) return;
    this.setExpiry(key, entry, at);
    this.changes++;
  }

  /** Counts a change that was made to a key's value in place, and removes the key if its value became empty. */
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

  /** Removes the keys that expired before `now`. */
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

  /** The keys with positions, for SCAN and RANDOMKEY; see `DenseMap`. */
  get positions(): DenseMap<KeyEntry> {
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

  /** Adds a new value, which the caller fills before it calls `changed`. */
  private add<V extends Value>(key: Bytes, value: V): V {
    this.entries.set(key, { value, expireAt: NEVER, bytes: 0 });
    return value;
  }

  private setExpiry(key: Bytes, entry: KeyEntry, at: number): void {
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

/** Estimates a key's memory, for MEMORY USAGE. */
export function memoryOf(key: Bytes, value: Value): number {
  const content = typeof value === "string" ? value.length : value.bytes + sizeOf(value) * ELEMENT_OVERHEAD;
  return KEY_OVERHEAD + key.length + content;
}
