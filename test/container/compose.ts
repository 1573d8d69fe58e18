import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

interface Service {
  image: string;
  build?: string;
  command?: string[];
  environment?: Record<string, string | number>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  stop_grace_period?: string;
  mem_limit?: string;
  pids_limit?: number;
}

export interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}

const FILE = join(import.meta.dirname, "../../docker-compose.yml");

/** The variables that a person may set for `docker compose up`, with their defaults. */
export function variablesOf(): Record<string, string> {
  const found = readFileSync(FILE, "utf8").matchAll(/\$\{(\w+):-([^}]*)\}/g);
  return Object.fromEntries([...found].map(([, name, value]) => [name!, value!]));
}

/** The variables that a person must set before `docker compose up`. */
export const NEEDED = { REDIS_REST_TOKEN: "the-token-of-a-person" };

/** Reads docker-compose.yml as compose does: first as YAML, then with these variables inserted into its texts. */
export function readCompose(variables: Record<string, string> = NEEDED): Compose {
  return filled(parse(readFileSync(FILE, "utf8"), { merge: true }), variables) as Compose;
}

function filled(value: unknown, variables: Record<string, string>): unknown {
  if (Array.isArray(value)) return value.map((each) => filled(each, variables));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each, variables)]));
  if (typeof value !== "string") return value;
  const text = value
    .replace(/\$\{(\w+):-([^}]*)\}/g, (_, name: string, otherwise: string) =>
      variables[name] ? variables[name] : otherwise,
    )
    .replace(/\$\{(\w+):\?([^}]*)\}/g, (_, name: string, words: string) => {
      if (!variables[name]) throw new Error(`required variable ${name} is missing a value: ${words}`);
      return variables[name];
    });
  if (text.includes("$")) throw new Error(`docker-compose.yml has a $ that this test does not know: ${value}`);
  return text;
}
