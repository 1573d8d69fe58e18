import { DenseMap } from "./dense-map.ts";
import type { Deque } from "./deque.ts";
import type { Bytes } from "./replies.ts";
import type { SortedSet } from "./sorted-set.ts";

/** The value of a key. */
export type Value = Bytes | Deque | Hash | MemberSet | SortedSet;

/** The kind of a value, named as TYPE does. */
export type ValueKind = "string" | "list" | "hash" | "set" | "zset";

/** Returns a value's kind. */
export function kindOf(value: Value): ValueKind {
  return typeof value === "string" ? "string" : value.kind;
}

/** Counts a value's elements; a key whose value has none is removed. */
export function sizeOf(value: Value): number {
  return typeof value === "string" ? 1 : "length" in value ? value.length : value.size;
}

/** A Redis hash. */
export class Hash {
  readonly kind = "hash";
  readonly fields = new DenseMap<Bytes>();
  /** The bytes of all names and values together. */
  bytes = 0;

  get size(): number {
    return this.fields.size;
  }

  /** Sets a field. Returns whether it is new. */
  set(field: Bytes, value: Bytes): boolean {
    const old = this.fields.get(field);
    this.bytes += value.length - (old === undefined ? -field.length : old.length);
    return this.fields.set(field, value);
  }

  delete(field: Bytes): boolean {
    const old = this.fields.delete(field);
    if (old === undefined) return false;
    this.bytes -= field.length + old.length;
    return true;
  }
}

/** A Redis set. */
export class MemberSet {
  readonly kind = "set";
  readonly members = new DenseMap<true>();
  /** The bytes of all members together. */
  bytes = 0;

  static from(members: Iterable<Bytes>): MemberSet {
    const set = new MemberSet();
    for (const member of members) set.add(member);
    return set;
  }

  get size(): number {
    return this.members.size;
  }

  has(member: Bytes): boolean {
    return this.members.has(member);
  }

  add(member: Bytes): boolean {
    if (!this.members.set(member, true)) return false;
    this.bytes += member.length;
    return true;
  }

  delete(member: Bytes): boolean {
    if (!this.members.delete(member)) return false;
    this.bytes -= member.length;
    return true;
  }
}
