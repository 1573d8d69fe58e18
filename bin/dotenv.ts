import { existsSync } from "node:fs";

// Imported before all else, so that what reads the environment as it is imported finds it too. What is set outside wins.
if (existsSync(".env")) process.loadEnvFile();
