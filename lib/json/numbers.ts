import { cut } from "../text.ts";

/** A number of a JSON text that JavaScript would change. */
export interface ChangedNumber {
  path: string[];
  detail: string;
}

/** A text without such a run of digits, or such an exponent, has no number that changes. Most texts have neither. */
const SUSPECT = /\d{16}|[eE][+-]?\d{3}/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SHOWN_CHARACTERS = 40;
/** Enough to refuse a text: a body can hold a quarter of a million such numbers. */
const MOST = 1_000;

/**
 * Finds the numbers of a valid JSON text that would not reach a task as they were sent: an integer (written without fraction
 * and exponent) that a double cannot hold, or would write back with other digits; a number that becomes 0 or infinite. At most
 * the first 1,000. A fraction may be rounded to the nearest double: its sender's own computer does that too.
 */
export function changedNumbers(json: string): ChangedNumber[] {
  return SUSPECT.test(json) ? new NumberScan(json).run() : [];
}

/** One pass over the text. It decodes names of fields only where it needs them: for the path to a number. */
class NumberScan {
  readonly #json: string;
  readonly #changed: ChangedNumber[] = [];
  /** On the way to where the scan is: the index in each list, the name of the field, as written, in each object. */
  readonly #path: (number | string)[] = [];
  #at = 0;
  /** The next string is a field's name. */
  #nameNext = false;

  constructor(json: string) {
    this.#json = json;
  }

  run(): ChangedNumber[] {
    for (; this.#at < this.#json.length && this.#changed.length < MOST; this.#at++) this.#step(this.#json[this.#at]!);
    return this.#changed;
  }

  #step(character: string): void {
    const path = this.#path;
    if (character === '"') this.#string();
    else if (character === "{" || character === "[") {
      path.push(character === "{" ? "" : 0);
      this.#nameNext = character === "{";
    } else if (character === "}" || character === "]") path.pop();
    else if (character === ",") {
      const last = path.pop();
      path.push(typeof last === "number" ? last + 1 : "");
      this.#nameNext = typeof last === "string";
    } else if (character === "-" || (character >= "0" && character <= "9")) this.#number();
  }

  #string(): void {
    const from = this.#at;
    do this.#at = this.#json.indexOf('"', this.#at + 1);
    while (isEscaped(this.#json, this.#at));
    if (this.#nameNext) this.#path[this.#path.length - 1] = this.#json.slice(from, this.#at + 1);
    this.#nameNext = false;
  }

  #number(): void {
    NUMBER.lastIndex = this.#at;
    const [written] = NUMBER.exec(this.#json)!;
    this.#at += written.length - 1;
    const detail = changeOf(written);
    if (detail === undefined) return;
    const path = this.#path.map((step) => (typeof step === "number" ? String(step) : (JSON.parse(step) as string)));
    this.#changed.push({ path, detail });
  }
}

function isEscaped(json: string, at: number): boolean {
  let backslashes = 0;
  while (json[at - 1 - backslashes] === "\\") backslashes++;
  return backslashes % 2 === 1;
}

/** Says what would become of the number; undefined where it stays what it is. */
function changeOf(written: string): string | undefined {
  const value = Number(written);
  if (Number.isFinite(value) && !isLost(written, value)) return undefined;
  const shown = written.length > SHOWN_CHARACTERS ? `${cut(written, SHOWN_CHARACTERS)}…` : written;
  const became = String(value) === written ? BigInt(value) : value; // it prints no more digits than tell it from others
  return `send it as a string: the number ${shown} would become ${became}`;
}

function isLost(written: string, value: number): boolean {
  if (value === 0) return /^[^eE]*[1-9]/.test(written);
  if (Number.isSafeInteger(value) || /[.eE]/.test(written)) return false;
  return BigInt(written) !== BigInt(value) || digitsOf(written) !== digitsOf(value.toExponential());
}

/** Gives the digits that count: 12 for `-1200` and `1.2e+3`. */
function digitsOf(number: string): string {
  return number
    .replace(/[eE].*$/, "")
    .replace(/[-.]/g, "")
    .replace(/0+$/, "");
}
