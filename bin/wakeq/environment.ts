import { join } from "node:path";
import type { Environment } from "../../lib/config/config.ts";
import { readEnvFile } from "../env-file.ts";

/** Reads the variables of a project: its `.env`, and those set outside, which win. An empty one counts as absent. */
export function environmentOf(project: string): Environment {
  const all = { ...readEnvFile(join(project, ".env")), ...process.env };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

/** Puts the variables of a project's `.env` into the environment of this process, where nothing else has set them. */
export function loadEnvironment(project: string): void {
  for (const [name, value] of Object.entries(readEnvFile(join(project, ".env")))) process.env[name] ??= value;
}

/** The database that the environment names, as a queue without the option `redis` reads it. */
export function databaseIn(environment: Environment): string | undefined {
  return environment.UPSTASH_REDIS_REST_URL ?? environment.KV_REST_API_URL;
}
