import type { Bytes } from "./replies.ts";

const INITIAL_CAPACITY = 8;

/** A Redis list: a ring, so that pushing and popping at both ends, and reading any index, take constant time. */
export class Deque {
  readonly kind = "list";
  /** The bytes of all elements together. */
  bytes = 0;
  length = 0;
  private ring: (Bytes | undefined)[] = new Array(INITIAL_CAPACITY);
  private head = 0;

  static from(items: Iterable<Bytes>): Deque {
    const deque = new Deque();
    for (const item of items) deque.pushBack(item);
    return deque;
  }

  pushFront(item: Bytes): void {
    this.makeRoom();
    this.head = this.slot(-1);
    this.ring[this.head] = item;
    this.length++;
    this.bytes += item.length;
  }

  pushBack(item: Bytes): void {
    this.makeRoom();
    this.ring[this.slot(this.length)] = item;
    this.length++;
    this.bytes += item.length;
  }

  popFront(): Bytes | undefined {
    if (this.length === 0) return undefined;
    const item = this.take(this.head);
    this.head = this.slot(1);
    this.length--;
    return item;
  }

  popBack(): Bytes | undefined {
    if (this.length === 0) return undefined;
    const item = this.take(this.slot(this.length - 1));
    this.length--;
    return item;
  }

  /** Returns the element at an index; undefined outside of 0 … length - 1. */
  at(index: number): Bytes | undefined {
    return index >= 0 && index < this.length ? this.ring[this.slot(index)] : undefined;
  }

  /** Replaces the element at an index, which must exist. */
  set(index: number, item: Bytes): void {
    const slot = this.slot(index);
    this.bytes += item.length - this.ring[slot]!.length;
    this.ring[slot] = item;
  }

  slice(from: number, to: number): Bytes[] {
    const items: Bytes[] = [];
    for (let index = from; index < to; index++) items.push(this.ring[this.slot(index)]!);
    return items;
  }

  /** Replaces all elements. */
  replaceAll(items: readonly Bytes[]): void {
    this.ring = new Array(INITIAL_CAPACITY);
    this.head = 0;
    this.length = 0;
    this.bytes = 0;
    for (const item of items) this.pushBack(item);
  }

  private slot(index: number): number {
    return (this.head + index) & (this.ring.length - 1);
  }

  private take(slot: number): Bytes {
    const item = this.ring[slot]!;
    this.ring[slot] = undefined;
    this.bytes -= item.length;
    return item;
  }

  private makeRoom(): void {
    if (this.length < this.ring.length) return;
    const items = this.slice(0, this.length);
    this.ring = items;
    this.ring.length = 2 * items.length;
    this.head = 0;
  }
}
