/** Makes an idempotency key, which need not be secret. Node 18 has no global `crypto`, a page without TLS no `randomUUID`. */
export function randomKey(): string {
  return (
    globalThis.crypto?.randomUUID?.() ?? Array.from({ length: 4 }, () => Math.random().toString(36).slice(2)).join("-")
  );
}
