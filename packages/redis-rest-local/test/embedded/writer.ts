import { createEmbedded } from "../../src/embedded/embedded.ts";

/** Writes numbers into the store of a directory and prints each one, until it is killed. */
const store = await createEmbedded({ dir: process.argv[2]! });
for (let number = 1; ; number++) {
  await store.send(["EVAL", "redis.call('SET', 'n', ARGV[1]) redis.call('RPUSH', 'l', ARGV[1])", "0", String(number)]);
  console.log(number);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
