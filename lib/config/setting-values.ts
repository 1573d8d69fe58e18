import { describe } from "../errors.ts";
import type { RateRule } from "../queue/allowances.ts";
import { type ApiKey, parseApiKeys } from "./api-keys.ts";
import { Expected, entriesOf } from "./variable.ts";

/** Reads API keys as `npm run key` prints them. */
export function keysOf(entries: string): ApiKey[] {
  try {
    return parseApiKeys(entries);
  } catch (error) {
    throw new Expected(describe(error).message);
  }
}

/** Reads origins as a browser names them: an address with a path, or even a slash behind it, would never match. */
export function originsOf(list: string): string[] {
  const origins = entriesOf(list);
  const wrong = origins.find((each) => each !== "*" && !(URL.canParse(each) && new URL(each).origin === each));
  if (wrong !== undefined) throw new Expected("origins such as https://app.example.com, without a slash behind, or *");
  return origins;
}

/** Reads headers as OpenTelemetry writes them: `name=value,name=value`, values percent-encoded. */
export function headersOf(list: string): Record<string, string> {
  try {
    const pairs = list.split(",").map((pair) => /^\s*([\w-]+)\s*=(.*)$/s.exec(pair)!);
    return Object.fromEntries(pairs.map(([, name, value]) => [name!, decodeURIComponent(value!.trim())]));
  } catch {
    throw new Expected("name=value,name=value");
  }
}

/** Reads a rate: `100/10s` is 100 jobs in 10 seconds. */
export function rateOf(limit: string): RateRule {
  const [jobs, seconds] = limit.replace("s", "").split("/").map(Number);
  return { jobs: jobs!, periodMs: seconds! * 1_000 };
}
