import type { Reporter, TestModule } from "vitest/node";

/** Prints `N passed, N failed` as the last line. A skipped test counts as failed in CI, where nothing may be missing. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      let inModule = 0;
      for (const test of module.children.allTests()) {
        inModule++;
        const { state } = test.result();
        if (state === "passed") passed++;
        else if (state === "failed" || process.env.CI) failed++;
      }
      // A file that could not be loaded, or whose set-up failed, has no test that shows it.
      if (module.state() === "failed" && (inModule === 0 || module.errors().length > 0)) failed++;
      // Neither does a group whose set-up failed: its tests were skipped.
      for (const group of module.children.allSuites()) if (group.errors().length > 0) failed++;
    }
    if (failed > 0) process.exitCode = 1;
    process.on("exit", () => console.log(`${passed} passed, ${failed} failed`));
  }
}
