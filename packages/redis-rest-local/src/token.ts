import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeOwnFile } from "./own-file.ts";

const FILE = "redis-token";

/** Returns the token of a data folder's gateway: random, made at the first start and kept for later ones. */
export async function keptToken(dataDir: string): Promise<string> {
  const file = join(dataDir, FILE);
  const kept = (await readFile(file, "utf8").catch(() => "")).trim();
  if (/^[\w-]{32,}$/.test(kept)) return kept;
  const token = randomToken();
  await writeOwnFile(file, `${token}\n`);
  return token;
}

/** Makes a random token. */
export function randomToken(): string {
  return randomBytes(24).toString("base64url");
}

/** Compares tokens in a time that reveals nothing about the expected one. An empty or absent token never matches. */
export function isSameToken(given: string, expected: string | undefined): boolean {
  if (given === "" || !expected) return false;
  return timingSafeEqual(digest(given), digest(expected));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
