import { parseArgs } from "node:util";
import { coldStart } from "./cold-start.ts";
import { embedded } from "./embedded.ts";
import { growth } from "./growth.ts";
import { init } from "./init.ts";
import { lives } from "./lives.ts";
import { load } from "./load.ts";
import { throughput } from "./throughput.ts";

const benches = { throughput, growth, embedded, "cold-start": coldStart, init, load, lives };

/** `npm run bench [-- NAME …] [--rounds 3]`: figures of this machine, side by side with peers. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "3" } },
});

for (const [name, bench] of Object.entries(benches)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.log(`\n${name}`);
  await bench(Number(values.rounds));
}
