/**
 * Keeps this process alive when nobody reads what it prints: a terminal that was closed fails each write, and so does a pipe
 * whose reader ended.
 */
export function outliveOutput(): void {
  for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
}
