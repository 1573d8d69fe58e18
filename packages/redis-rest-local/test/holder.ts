import { createInterface } from "node:readline";
import { lock } from "../src/lock.ts";

/** Takes and gives back locks as its input says (`take FOLDER`, `give`, a line each), and prints the outcome of each. */
let give = async () => {};
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, folder = ""] = line.split(" ");
  if (verb === "give") {
    await give();
    give = async () => {};
    console.log("given");
  } else {
    const taken = await lock(folder).catch((error: Error) => error);
    if (typeof taken === "function") give = taken;
    console.log(typeof taken === "function" ? "held" : taken.name);
  }
}
