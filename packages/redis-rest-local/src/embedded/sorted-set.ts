import { DenseMap } from "./dense-map.ts";
import { RankedList } from "./ranked-list.ts";
import type { Bytes } from "./replies.ts";

/** A member of a sorted set, with its score. */
export interface ScoredMember {
  readonly member: Bytes;
  readonly score: number;
}

const COMPACT_SIZE = 128;
const COMPACT_BYTES = 64;

/** A Redis sorted set: members by name, and all in order of score, then of name. */
export class SortedSet {
  readonly kind = "zset";
  readonly members = new DenseMap<ScoredMember>();
  /** The bytes of all members together. */
  bytes = 0;
  /** Whether the set is still small: Redis keeps small sorted sets in a form that has no -0. */
  private compact = true;
  private readonly order = new RankedList<ScoredMember>(compare);

  /** Makes a sorted set of distinct members. */
  static from(entries: readonly ScoredMember[]): SortedSet {
    const set = new SortedSet();
    set.compact = entries.length <= COMPACT_SIZE && entries.every(({ member }) => member.length <= COMPACT_BYTES);
    for (const { member, score } of entries) set.set(member, score);
    return set;
  }

  get size(): number {
    return this.members.size;
  }

  score(member: Bytes): number | undefined {
    return this.members.get(member)?.score;
  }

  /** Adds the member, or gives it a new score. */
  set(member: Bytes, score: number): void {
    const old = this.members.get(member);
    if (old) this.order.delete(old);
    else this.bytes += member.length;
    if (member.length > COMPACT_BYTES || (!old && this.size >= COMPACT_SIZE)) this.compact = false;
    const entry = { member, score: this.compact ? score + 0 : score };
    this.members.set(member, entry);
    this.order.insert(entry);
  }

  delete(member: Bytes): boolean {
    const old = this.members.delete(member);
    if (!old) return false;
    this.order.delete(old);
    this.bytes -= member.length;
    return true;
  }

  /** Returns how many members are before this one; undefined if it is absent. */
  rank(member: Bytes): number | undefined {
    const entry = this.members.get(member);
    return entry && this.order.rank((other) => compare(other, entry) < 0);
  }

  /** Counts the members that satisfy a condition, which must hold for all up to some rank and for none after it. */
  countWhile(isBefore: (entry: ScoredMember) => boolean): number {
    return this.order.rank(isBefore);
  }

  /** Returns the entries of the ranks from … to - 1. */
  slice(from: number, to: number): ScoredMember[] {
    return this.order.slice(from, to);
  }
}

function compare(a: ScoredMember, b: ScoredMember): number {
  if (a.score !== b.score) return a.score < b.score ? -1 : 1;
  return a.member < b.member ? -1 : a.member > b.member ? 1 : 0;
}
