/**
 * What a write that was acknowledged survives. `process`: the end of any process, however it ends; a power cut may lose the
 * last second of the embedded store, and what the system had not yet written of a private Redis. `power`: a power cut too;
 * each write waits for the disk.
 */
export type Durability = "process" | "power";

export const DURABILITIES: readonly Durability[] = ["process", "power"];
