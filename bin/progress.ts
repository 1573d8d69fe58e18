/** How long people wait without a word before they think that something hangs. */
const QUIET_MS = 5_000;

/** Says what is starting, and repeats it every few seconds until `end` is called. */
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
