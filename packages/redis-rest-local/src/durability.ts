/**
 * What an acknowledged write survives. `process`: the end of any process, however it ends; a power cut may lose the
 * last second of the embedded store, and what the system has not yet written of a private Redis. `power`: also a power cut;
 * each write waits for the disk.
 */
export type Durability = "process" | "power";

/**
 * Reads LOCAL_DURABILITY; "process" if it is not set.
 *
 * @throws Error that names it and what is expected
 */
export function readDurability({ LOCAL_DURABILITY: text }: Record<string, string | undefined>): Durability {
  if (text === undefined || text === "" || text === "process") return "process";
  if (text === "power") return "power";
  throw new Error(`LOCAL_DURABILITY: expected process or power, got ${JSON.stringify(text)}`);
}
