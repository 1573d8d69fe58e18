import { DenseMap } from "./dense-map.ts";
import type { Deque } from "./deque.ts";
import type { Bytes } from "./replies.ts";
import type { SortedSet } from "./sorted-set.ts";

/** What a key holds; a string is itself. */
export type Value = Bytes | Deque | Hash | MemberSet | SortedSet;

/** As TYPE answers. */
export type Kind = "string" | "list" | "hash" | "set" | "zset";

export function kindOf(value: Value): Kind {
  return typeof value === "string" ? "string" : value.kind;
}

/** How many elements; a key whose value has none is removed. */
export function sizeOf(value: Value): number {
  return typeof value === "string" ? 1 : "length" in value ? value.length : value.size;
}

/** A Redis hash. */
export class Hash {
  readonly kind = "hash";
  readonly fields = new DenseMap<Bytes>();
  /** Of all names and values together. */
  bytes = 0;

  get size(): number {
    return this.fields.size;
  }

  /** Returns whether the field is new. */
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
  /** Of all members together. */
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
