/** How long a person waits without a word before they think that it hangs. */
const QUIET_MS = 5_000;

/** Says what goes on while something starts, and every few seconds that it still does, until `end`. */
export function progress(print: (line: string) => void) {
  const begin = performance.now();
  let last = "starting …";
  const timer = setInterval(() => {
    print(`${last} ${Math.round((performance.now() - begin) / 1_000)} s`);
  }, QUIET_MS).unref();
  return {
    say(line: string): void {
      if (line.endsWith("…")) last = line;
      timer.refresh();
      print(line);
    },
    end: () => clearInterval(timer),
  };
}
