import { scanFloat } from "../numbers.ts";
import type { Bytes } from "../replies.ts";
import type { JsonConfig } from "./json-config.ts";
import type { Lua } from "./lua.ts";
import type { LuaState } from "./wasm.ts";

const SIGNS: Readonly<Record<string, string>> = {
  "{": "T_OBJ_BEGIN",
  "}": "T_OBJ_END",
  "[": "T_ARR_BEGIN",
  "]": "T_ARR_END",
  ",": "T_COMMA",
  ":": "T_COLON",
};

const WORDS: Readonly<Record<string, readonly [type: string, value: boolean | undefined]>> = {
  true: ["T_BOOLEAN", true],
  false: ["T_BOOLEAN", false],
  null: ["T_NULL", undefined],
};

const ESCAPED: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
};

interface JsonToken {
  /** The name that lua-cjson's errors use. The value of a `T_ERROR` says what is wrong. */
  readonly type: string;
  /** Where the token begins, or where it is wrong. */
  readonly index: number;
  readonly value?: string | number | boolean | undefined;
}

/** Parses the text at the bottom of the stack and pushes the value. Raises lua-cjson's errors. */
export function decodeJson(lua: Lua, state: LuaState, config: JsonConfig): void {
  const text = lua.text(state, 1);
  if (text === undefined) lua.api.luaL_checktype(state, 1, 4);
  if (text!.length >= 2 && (text![0] === "\0" || text![1] === "\0")) {
    lua.fail(state, "JSON parser does not support UTF-16 or UTF-32");
  }
  const decoder = new JsonDecoder(lua, state, config, text!);
  decoder.value(decoder.next());
  decoder.end();
}

class JsonDecoder {
  private readonly lua: Lua;
  private readonly state: LuaState;
  private readonly config: JsonConfig;
  private readonly text: Bytes;
  private at = 0;
  private depth = 0;

  constructor(lua: Lua, state: LuaState, config: JsonConfig, text: Bytes) {
    this.lua = lua;
    this.state = state;
    this.config = config;
    this.text = text;
  }

  value(token: JsonToken): void {
    const { api } = this.lua;
    if (token.type === "T_STRING") this.lua.push(this.state, token.value as string);
    else if (token.type === "T_NUMBER") api.lua_pushnumber(this.state, token.value as number);
    else if (token.type === "T_BOOLEAN") api.lua_pushboolean(this.state, Number(token.value));
    else if (token.type === "T_NULL") api.lua_pushlightuserdata(this.state, 0);
    else if (token.type === "T_OBJ_BEGIN") this.object();
    else if (token.type === "T_ARR_BEGIN") this.array();
    else this.refuse("value", token);
  }

  end(): void {
    const token = this.next();
    if (token.type !== "T_END") this.refuse("the end", token);
  }

  private object(): void {
    const { api } = this.lua;
    this.descend();
    api.lua_createtable(this.state, 0, 0);
    let token = this.next();
    while (token.type !== "T_OBJ_END") {
      if (token.type !== "T_STRING") this.refuse("object key string", token);
      this.lua.push(this.state, token.value as string);
      const colon = this.next();
      if (colon.type !== "T_COLON") this.refuse("colon", colon);
      this.value(this.next());
      api.lua_rawset(this.state, -3);
      const after = this.next();
      if (after.type === "T_OBJ_END") break;
      if (after.type !== "T_COMMA") this.refuse("comma or object end", after);
      token = this.next();
      // A comma promises another key.
      if (token.type === "T_OBJ_END") this.refuse("object key string", token);
    }
    this.depth--;
  }

  private array(): void {
    const { api } = this.lua;
    this.descend();
    api.lua_createtable(this.state, 0, 0);
    let token = this.next();
    for (let item = 1; token.type !== "T_ARR_END" || item > 1; item++) {
      this.value(token);
      api.lua_rawseti(this.state, -2, item);
      const after = this.next();
      if (after.type === "T_ARR_END") break;
      if (after.type !== "T_COMMA") this.refuse("comma or array end", after);
      token = this.next();
    }
    this.depth--;
  }

  private descend(): void {
    this.depth++;
    if (this.depth <= this.config.decodeMaxDepth && this.lua.api.lua_checkstack(this.state, 3) !== 0) return;
    this.lua.fail(this.state, `Found too many nested data structures (${this.depth})`);
  }

  next(): JsonToken {
    while (this.at < this.text.length && " \t\n\r".includes(this.text[this.at]!)) this.at++;
    const index = this.at;
    const sign = this.text[index] ?? "\0";
    if (sign === "\0") return { type: "T_END", index };
    const type = SIGNS[sign];
    if (type !== undefined) {
      this.at++;
      return { type, index };
    }
    if (sign === '"') return this.string();
    if (/[-0-9]/.test(sign)) {
      const invalid = !this.config.decodeInvalidNumbers && this.isInvalidNumber();
      return invalid ? this.error("invalid number") : this.number();
    }
    return this.word();
  }

  private word(): JsonToken {
    const index = this.at;
    for (const [word, [type, value]] of Object.entries(WORDS)) {
      if (!this.text.startsWith(word, index)) continue;
      this.at += word.length;
      return { type, index, value };
    }
    const mayBeNumber = /[+INin]/.test(this.text[index]!) && this.config.decodeInvalidNumbers && this.isInvalidNumber();
    return mayBeNumber ? this.number() : this.error("invalid token");
  }

  /** Returns whether C would read a number here that is not JSON: `+1`, `0x10`, `01`, `inf`, `nan`. */
  private isInvalidNumber(): boolean {
    return /^(?:\+|-?(?:0[x0-9]|inf|nan))/i.test(this.text.slice(this.at, this.at + 4));
  }

  private number(): JsonToken {
    const index = this.at;
    const end = /[\0,\]}\s]/.exec(this.text.slice(index))?.index ?? this.text.length - index;
    const { value, length } = scanFloat(this.text.slice(index, index + end));
    if (length === 0) return this.error("invalid number");
    this.at += length;
    return { type: "T_NUMBER", index, value };
  }

  private string(): JsonToken {
    const index = this.at++;
    let value = "";
    for (;;) {
      const start = this.at;
      while (this.at < this.text.length && !'"\\\0'.includes(this.text[this.at]!)) this.at++;
      value += this.text.slice(start, this.at);
      const sign = this.text[this.at] ?? "\0";
      if (sign === "\0") return this.error("unexpected end of string");
      if (sign === '"') {
        this.at++;
        return { type: "T_STRING", index, value };
      }
      const escaped = this.escape();
      if (escaped === undefined) {
        return this.error(this.text[this.at + 1] === "u" ? "invalid unicode escape code" : "invalid escape code");
      }
      value += escaped;
    }
  }

  /** Reads an escape. If it is wrong, returns undefined and stays where it is. */
  private escape(): Bytes | undefined {
    const sign = this.text[this.at + 1] ?? "";
    if (sign === "u") return this.unicode();
    const value = ESCAPED[sign];
    if (value !== undefined) this.at += 2;
    return value;
  }

  private unicode(): Bytes | undefined {
    const match = /^\\u([0-9a-f]{4})(?:\\u([0-9a-f]{4}))?/i.exec(this.text.slice(this.at, this.at + 12));
    if (!match) return undefined;
    const first = Number.parseInt(match[1]!, 16);
    if ((first & 0xf800) !== 0xd800) {
      this.at += 6;
      return utf8(first);
    }
    const second = Number.parseInt(match[2] ?? "0", 16);
    if ((first & 0x400) !== 0 || (second & 0xfc00) !== 0xdc00) return undefined;
    this.at += 12;
    return utf8(0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff));
  }

  private error(what: string): JsonToken {
    return { type: "T_ERROR", index: this.at, value: what };
  }

  private refuse(expected: string, token: JsonToken): never {
    const found = token.type === "T_ERROR" ? token.value : token.type;
    return this.lua.fail(this.state, `Expected ${expected} but found ${found} at character ${token.index + 1}`);
  }
}

function utf8(codePoint: number): Bytes {
  return Buffer.from(String.fromCodePoint(codePoint), "utf8").toString("latin1");
}
