/**
 * Keeps this process alive when nobody reads what it prints: writes to a closed terminal, or to a pipe whose reader has
 * ended, fail.
 */
export function outliveOutput(): void {
  for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
}
