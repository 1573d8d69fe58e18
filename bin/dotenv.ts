import { readEnvFile } from "./env-file.ts";

// Imported before everything else, so that modules that read the environment on import see it. A variable set outside wins.
try {
  for (const [name, value] of Object.entries(readEnvFile(".env"))) process.env[name] ??= value;
} catch (error) {
  console.error(`wakeq: ${(error as Error).message}`);
  process.exit(1);
}
