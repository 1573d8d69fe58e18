import { createHash } from "node:crypto";
import { type BorrowedStack, borrowStack } from "./stack.ts";

const SCOPES = { admin: "admin", submit: "submit", read: "read", page: "submit+read" } as const;

/** The origin of whose pages the stack with keys answers. */
export const ALLOWED_ORIGIN = "https://app.example.com";

/** The keys that the stack with keys knows, by what they may do. */
export const sharedKeys = Object.fromEntries(
  Object.keys(SCOPES).map((name) => {
    const key = `wq_of_the_shared_stack_${name}`;
    return [name, { key, headers: { authorization: `Bearer ${key}` } }];
  }),
) as Record<keyof typeof SCOPES, { key: string; headers: { authorization: string } }>;

export const SHARED_API_KEYS = Object.entries(SCOPES)
  .map(([name, scopes]) => `${name}:${scopes}:${sha256(sharedKeys[name as keyof typeof SCOPES].key)}`)
  .join(",");

/** Borrows a stack where a key is needed. */
export function borrowKeyedStack(): Promise<BorrowedStack> {
  return borrowStack({ API_KEYS: SHARED_API_KEYS, CORS_ORIGINS: ALLOWED_ORIGIN });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
