const MULTIPLIER = 0x5deece66dn;
const INCREMENT = 0xbn;
const MASK = (1n << 48n) - 1n;
const SEED_LOW = 0x330en;

/** The generator `lrand48` of POSIX, whose numbers depend only on its seed. */
export class Lrand48 {
  private state = 0x1234abcd330en;

  /** Sets the seed, a 32-bit integer. */
  seed(value: number): void {
    this.state = (BigInt.asUintN(32, BigInt(value)) << 16n) | SEED_LOW;
  }

  /** Returns the next number, from 0 to 2^31 - 1. */
  next(): number {
    this.state = (this.state * MULTIPLIER + INCREMENT) & MASK;
    return Number(this.state >> 17n);
  }
}
