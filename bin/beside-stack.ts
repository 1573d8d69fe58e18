import { type Addresses, dataDirOf, runningStack } from "../local/stack-file.ts";

/** Uses the database of the `npm start` that runs on the same data folder, unless another one is set. */
export async function useRunningStack(environment = process.env): Promise<Addresses | undefined> {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = environment;
  if (url || token) return undefined;
  const stack = await runningStack(dataDirOf(environment));
  if (stack)
    Object.assign(environment, { UPSTASH_REDIS_REST_URL: stack.rest.url, UPSTASH_REDIS_REST_TOKEN: stack.rest.token });
  else
    console.error(
      "wakeq: no database is set, and no npm start runs beside this: run npm start in another terminal, or set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN",
    );
  return stack;
}
