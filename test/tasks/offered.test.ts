import { afterEach, expect, test, vi } from "vitest";

afterEach(() => void vi.unstubAllEnvs());

const ALL = ["send_email", "http_request", "count_primes"];
const DEPLOYED = { IS_OFFLINE: "", IS_LOCAL: "" };

async function offered(environment: Record<string, string>): Promise<string[]> {
  vi.resetModules();
  for (const [name, value] of Object.entries({ ...DEPLOYED, DEMO_TASKS: "", ...environment })) vi.stubEnv(name, value);
  const { forCallers, indexTasks } = await import("../../lib/tasks.ts");
  const { sendEmail } = await import("../../tasks/sendEmail.ts");
  const { httpRequest } = await import("../../tasks/httpRequest.ts");
  const { countPrimes } = await import("../../tasks/countPrimes.ts");
  return [...forCallers(indexTasks([sendEmail, httpRequest, countPrimes])).keys()];
}

test.each<[string, Record<string, string>, string[]]>([
  ["a deployment", {}, []],
  ["a deployment, one named", { DEMO_TASKS: "count_primes" }, ["count_primes"]],
  ["a deployment, all named", { DEMO_TASKS: "count_primes, http_request,send_email" }, ALL],
  ["Lambda", { AWS_LAMBDA_FUNCTION_NAME: "wakeq-prod-submitJob" }, []],
  ["npm start", { IS_OFFLINE: "true", AWS_LAMBDA_FUNCTION_NAME: "wakeq-local-submitJob" }, ALL],
  ["npm start, one named", { IS_OFFLINE: "true", DEMO_TASKS: "send_email" }, ["send_email"]],
  ["sls invoke local", { IS_LOCAL: "true" }, ALL],
  ["docker compose", { IS_LOCAL: "published-on-loopback" }, ALL],
])("%s offers callers these of the tasks that ship: %o", async (_, environment, names) => {
  expect(await offered(environment)).toEqual(names);
});

test.each(["all", "send_mail", "count_primes,x"])(
  "DEMO_TASKS=%s is refused, and the message lists the known names",
  async (text) => {
    await expect(offered({ DEMO_TASKS: text })).rejects.toThrow(
      `DEMO_TASKS: expected names among ${ALL.join(", ")}, got ${JSON.stringify(text)}`,
    );
  },
);
