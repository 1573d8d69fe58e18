import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** Reads the WebAssembly file of `wasmoon-lua5.1`. A module of its own: a build may put the bytes in its place. */
export function wasmFile(): Uint8Array {
  return readFileSync(createRequire(import.meta.url).resolve("wasmoon-lua5.1/dist/liblua5.1.wasm"));
}
