import { readFile } from "node:fs/promises";

/**
 * Makes the handler of a function under `sls offline`, where a thread outlives the code that it began with. Each invocation
 * runs the newest build; invocations that run keep theirs. local/builds.cjs writes the builds and names the newest.
 *
 * @param {string} entry the address of the function's file
 */
export function newest(entry) {
  const pointer = new URL(entry.replace(/\.mjs$/, ".newest"));
  let name;
  let loading;
  return async (...given) => {
    const found = await readFile(pointer, "utf8");
    if (found !== name) {
      name = found;
      loading = import(new URL(name, entry).href);
    }
    const { handler } = await loading;
    return handler(...given);
  };
}
