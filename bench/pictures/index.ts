import { runBuilt } from "../built.ts";

/** The command `npm run pictures`. */
await runBuilt("bench/pictures/run.ts", "pictures");
