import { runBuilt } from "../built.ts";

/** The command `npm run bench:views`. */
await runBuilt("bench/views/run.ts", "views");
