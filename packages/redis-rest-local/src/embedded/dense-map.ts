import type { Bytes } from "./replies.ts";

/** The largest size at which a removal keeps the order of the other entries, as Redis does in its compact encodings. */
const ORDERED_SIZE = 128;

/**
 * A map whose entries also have positions 0 … size - 1 without gaps, for random picks and for SCAN.
 *
 * A scan goes down from the last position, so its cursor (how many entries are left) needs no memory: a removal only moves
 * entries that were already seen, or moves an unseen one to a lower position, and additions come last.
 */
export class DenseMap<V> {
  private readonly keys: Bytes[] = [];
  private readonly values: V[] = [];
  private readonly positions = new Map<Bytes, number>();

  get size(): number {
    return this.keys.length;
  }

  has(key: Bytes): boolean {
    return this.positions.has(key);
  }

  get(key: Bytes): V | undefined {
    const position = this.positions.get(key);
    return position === undefined ? undefined : this.values[position];
  }

  /** Sets a value. Returns whether the key is new. */
  set(key: Bytes, value: V): boolean {
    const position = this.positions.get(key);
    if (position !== undefined) {
      this.values[position] = value;
      return false;
    }
    this.positions.set(key, this.keys.length);
    this.keys.push(key);
    this.values.push(value);
    return true;
  }

  /** Removes an entry. Returns its value. */
  delete(key: Bytes): V | undefined {
    const position = this.positions.get(key);
    if (position === undefined) return undefined;
    const value = this.values[position];
    this.positions.delete(key);
    if (this.keys.length <= ORDERED_SIZE) this.close(position);
    else this.fill(position);
    return value;
  }

  keyAt(position: number): Bytes {
    return this.keys[position]!;
  }

  valueAt(position: number): V {
    return this.values[position]!;
  }

  /** Do not change the map while using it. */
  allKeys(): readonly Bytes[] {
    return this.keys;
  }

  /** Do not change the map while using it. */
  allValues(): readonly V[] {
    return this.values;
  }

  clear(): void {
    this.keys.length = 0;
    this.values.length = 0;
    this.positions.clear();
  }

  private close(position: number): void {
    this.keys.splice(position, 1);
    this.values.splice(position, 1);
    for (let at = position; at < this.keys.length; at++) this.positions.set(this.keys[at]!, at);
  }

  private fill(position: number): void {
    const key = this.keys.pop()!;
    const value = this.values.pop()!;
    if (position === this.keys.length) return;
    this.keys[position] = key;
    this.values[position] = value;
    this.positions.set(key, position);
  }
}
