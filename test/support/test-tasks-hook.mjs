const TEST_TASKS = new URL("./tasks.ts", import.meta.url).href;

/** Node's resolve hook: what bin/ and handlers/ import as tasks/index.ts are the tasks of the tests. */
export function resolve(specifier, context, next) {
  return next(/(^|\/)tasks\/index\.ts$/.test(specifier) ? TEST_TASKS : specifier, context);
}
