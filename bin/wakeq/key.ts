import { makeKey, NO_KEY, printKey } from "../make-key.ts";
import { CommandError } from "./command-error.ts";
import type { Values } from "./commands.ts";

/** Runs `wakeq key`. */
export async function key({ name = "default", scopes = "submit+read" }: Values): Promise<number> {
  printKey(made(String(name), String(scopes)));
  return 0;
}

function made(name: string, scopes: string) {
  try {
    return makeKey({ name, scopes });
  } catch {
    throw new CommandError(NO_KEY);
  }
}
