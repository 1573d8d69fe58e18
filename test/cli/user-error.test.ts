import { expect, test } from "vitest";
import { placeIn } from "../../bin/wakeq/user-error.ts";

const HOME = "C:\\Users\\Ada L";

test.each([
  ["a module", "    at file:///C:/Users/Ada%20L/shop/src/queue.ts:3:7", "src\\queue.ts:3"],
  ["a module's function", "    at async load (file:///c:/Users/Ada%20L/shop/queue.mjs:3:7)", "queue.mjs:3"],
  ["a CommonJS file", `    at Object.<anonymous> (${HOME}\\shop\\queue.js:12:7)`, "queue.js:12"],
  ["a syntax error", `${HOME}\\shop\\queue.js:12\nexport const`, "queue.js:12"],
  ["a package", `    at ${HOME}\\shop\\node_modules\\zod\\index.js:1:1`, undefined],
  ["another folder", "    at file:///C:/Users/Ada%20L/shop2/queue.mjs:3:7", undefined],
  ["another drive", "    at file:///D:/shop/queue.mjs:3:7", undefined],
  ["Node itself", "    at ModuleJob.run (node:internal/modules/esm/module_job:343:25)", undefined],
])("the place of %s is found on Windows", (_, line, place) => {
  expect(placeIn(`Error: no\n${line}\n    at node:internal/main:1:1`, `${HOME}\\shop`, true)).toBe(place);
});
