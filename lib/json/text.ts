import { types } from "node:util";
import { describe } from "../errors.ts";
import { cut } from "../text.ts";

const MAX_NESTING = 1_000;
const PATH_CHARACTERS = 300;

/**
 * Writes a value as `JSON.stringify` does, but changes nothing in silence: it refuses what JSON would turn into `null` or `{}`,
 * or pass over. It leaves out only members of objects that are undefined, as JSON does. An error becomes its name and its
 * message. Undefined for undefined. A result of 200 KB in 4,000 objects takes 1.5 ms in place of 1.
 *
 * @param root what to call the value in an error
 * @throws Error that names the path: `result.items[3].total: NaN is not JSON`
 */
export function jsonTextOf(value: unknown, root: string): string | undefined {
  const walk = new JsonWalk();
  try {
    walk.whole(value);
    return JSON.stringify(value, walk.hasErrors ? errorsAsJson : undefined);
  } catch (thrown) {
    const { message } = describe(thrown);
    throw new Error(`${cut(root + walk.path, PATH_CHARACTERS)}: ${message}`);
  }
}

/** A replacer for `JSON.stringify`, which calls it with what `toJSON` gave; the holder has the error itself. */
function errorsAsJson(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const held = this[key];
  return isError(held) ? jsonOfError(held) : value;
}

/** A walk over all that JSON would write. Its lists are not cleared, so that a step costs an assignment. */
class JsonWalk {
  hasErrors = false;
  /** Where it is: the first `#depth` of them. */
  readonly #steps: (string | number)[] = [];
  #depth = 0;
  /** The objects that hold what it looks at. */
  readonly #above: object[] = [];

  /** Where it stopped: `.items[3].total`. */
  get path(): string {
    return this.#steps.slice(0, this.#depth).map(stepOf).join("");
  }

  whole(given: unknown): void {
    const value = this.#instead(given, "");
    if (value !== undefined) this.#look(value, 0);
    this.#depth = 0;
  }

  #look(value: unknown, depth: number): void {
    switch (typeof value) {
      case "string":
      case "boolean":
        return;
      case "number":
        if (Number.isFinite(value)) return;
        throw notJson(String(value));
      case "object":
        if (value !== null) this.#lookInto(value, depth);
        return;
      default:
        throw notJson(value === undefined ? "undefined" : `a ${typeof value}`);
    }
  }

  #lookInto(object: object, depth: number): void {
    if (depth === MAX_NESTING) throw new Error(`nested more than ${MAX_NESTING} levels deep`);
    for (let i = 0; i < depth; i++) if (this.#above[i] === object) throw notJson("a circle");
    this.#above[depth] = object;
    if (Array.isArray(object)) {
      for (let i = 0; i < object.length; i++) {
        this.#enter(i, depth);
        this.#look(this.#instead(object[i], i), depth + 1);
      }
      return;
    }
    const names = Object.keys(object);
    if (hidesSomething(object, names))
      throw notJson(`an instance of ${object.constructor?.name || "a class without a name"}`);
    for (const name of names) {
      this.#enter(name, depth);
      const value = this.#instead((object as Record<string, unknown>)[name], name);
      if (value !== undefined) this.#look(value, depth + 1);
    }
  }

  #enter(step: string | number, depth: number): void {
    this.#steps[depth] = step;
    this.#depth = depth + 1;
  }

  /** Gives what JSON writes in its place: what `toJSON` gives, the inside of `new Number(1)`. */
  #instead(value: unknown, key: string | number): unknown {
    if (typeof value === "bigint") return hasToJson(value) ? value.toJSON(String(key)) : value;
    if (typeof value !== "object" || value === null) return value;
    const prototype = Object.getPrototypeOf(value) as unknown;
    const isLiteral = prototype === Object.prototype || prototype === Array.prototype;
    if (isLiteral && !hasToJson(value)) return value; // nearly every object: it needs none of the slower looks
    if (isError(value)) {
      this.hasErrors = true;
      return jsonOfError(value);
    }
    if (types.isDate(value) && Number.isNaN(value.getTime())) throw notJson("an invalid Date");
    const inside = hasToJson(value) ? value.toJSON(String(key)) : value;
    return types.isBoxedPrimitive(inside) ? inside.valueOf() : inside;
  }
}

function isError(value: unknown): boolean {
  return value instanceof Error || types.isNativeError(value);
}

function jsonOfError(error: unknown): { name: string; message: string } {
  const { name, message } = error as { name: unknown; message: unknown };
  return { name: String(name || "Error"), message: String(message) };
}

function hasToJson(value: object | bigint): value is { toJSON(key: string): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === "function";
}

/** A Map, a Promise, a Response: JSON would write `{}`, or a list as an object. Instances of a user's class have fields. */
function hidesSomething(object: object, names: readonly string[]): boolean {
  const prototype: object | null = Object.getPrototypeOf(object);
  if (prototype === null || prototype === Object.prototype) return false;
  if (Object.getPrototypeOf(prototype) === null) return false; // an object literal of another realm
  return names.length === 0 || types.isMap(object) || types.isSet(object) || ArrayBuffer.isView(object);
}

function notJson(what: string): Error {
  return new Error(`${what} is not JSON`);
}

function stepOf(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[\p{L}$_][\p{L}\p{N}$_]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
