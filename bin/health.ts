/** Runs `node health.mjs http://127.0.0.1:3000/health`, a container's health check. Returns whether the answer was a 2xx. */
async function main(url = ""): Promise<boolean> {
  const token = process.env.UPSTASH_REDIS_REST_TOKEN;
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const { ok } = await fetch(url, { headers, signal: AbortSignal.timeout(4_000) });
  return ok;
}

main(process.argv[2]).then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(String(error));
    process.exit(1);
  },
);
