import { createHash } from "node:crypto";
import { Problem } from "../errors.ts";

/**
 * Makes the ids of the jobs that a request with an `Idempotency-Key` submits: UUIDs of version 8 (RFC 9562), from the key, the
 * caller and the job's place in the batch. So the job's record itself remembers the request.
 *
 * @throws Problem `invalid_idempotency_key`
 */
export function idsOf(key: string, caller: string, count: number): string[] {
  // The draft wants a quoted string (draft-ietf-httpapi-idempotency-key-header); most callers send it bare.
  const bare = key.replace(/^"(.*)"$/, "$1");
  if (!/^[\x20-\x7e]{1,255}$/.test(bare) || bare.trim() === "") {
    throw new Problem("invalid_idempotency_key", "an Idempotency-Key is 1 to 255 printable ASCII characters");
  }
  return Array.from({ length: count }, (_, i) => uuid8(JSON.stringify([caller, bare, i])));
}

/**
 * Makes the id of a job that an attempt submits: the same in each attempt, from the key that the task gives, or from its number
 * among those without a key.
 */
export function childIdOf(parentId: string, key: string | number): string {
  return uuid8(JSON.stringify(["child", parentId, typeof key, key]));
}

/** Makes the id of the job of a schedule's slot (ms since the epoch): the same, whichever worker fires it, and however often. */
export function slotIdOf(schedule: string, slot: number): string {
  return uuid8(JSON.stringify(["schedule", schedule, slot]));
}

/** Makes the fingerprint of a body: the same for two bodies that differ only in the order of their fields. */
export function fingerprintOf(body: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(body)))
    .digest("base64url")
    .slice(0, 22);
}

function uuid8(name: string): string {
  const bytes = createHash("sha256").update(`wakeq:${name}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Sorts fields by name. The brackets keep {} apart from []. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return ["[", ...value.map(sorted)];
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return ["{", ...entries.map(([key, inner]) => [key, sorted(inner)])];
}
