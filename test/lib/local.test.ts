import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Environment, readConfig } from "../../lib/config/config.ts";

const DATABASE = { UPSTASH_REDIS_REST_URL: "https://a.example.com", UPSTASH_REDIS_REST_TOKEN: "t" };
const STREAM = "2016/12/02/[$LATEST]f77ff5e4026c45bda9a9ebcec6bc9cad";
const EMULATED = { AWS_LAMBDA_FUNCTION_NAME: "wakeq-local-jobs", AWS_LAMBDA_LOG_STREAM_NAME: STREAM };
const LAMBDA = {
  AWS_LAMBDA_FUNCTION_NAME: "wakeq-prod-jobs",
  AWS_LAMBDA_LOG_STREAM_NAME: "2026/11/26/[$LATEST]0123456789abcdef0123456789abcdef",
  AWS_LAMBDA_RUNTIME_API: "169.254.100.1:9001",
};
const PUBLIC = { API_HOST: "0.0.0.0" };
const ON_LOOPBACK = "published-on-loopback";

/** `local`, `deployed`, or the setting that makes it refuse. */
function verdict(environment: Environment): string {
  try {
    return readConfig({ ...DATABASE, ...environment }).isLocal ? "local" : "deployed";
  } catch (error) {
    return `refused: ${/^ {2}(\w+): /m.exec((error as Error).message)?.[1]}`;
  }
}

describe("whether a process is local", () => {
  test.each<[string, Environment, string]>([
    ["a process with no setting", {}, "deployed"],
    ["a public process with no setting", PUBLIC, "deployed"],
    ["a function on Lambda", LAMBDA, "deployed"],
    ["npm start", { IS_OFFLINE: "true", ...EMULATED }, "local"],
    ["npm start, API_HOST in .env", { IS_OFFLINE: "true", ...EMULATED, ...PUBLIC }, "local"],
    ["sls invoke local", { IS_LOCAL: "true", ...EMULATED }, "local"],
    ["a process on loopback", { IS_LOCAL: "true" }, "local"],
    ["a process on ::1", { IS_LOCAL: "true", API_HOST: "::1" }, "local"],
    ["docker compose", { IS_LOCAL: ON_LOOPBACK, ...PUBLIC }, "local"],
    ["a public process", { IS_LOCAL: "true", ...PUBLIC }, "refused: IS_LOCAL"],
    ["a public process, IPv6", { IS_LOCAL: "true", API_HOST: "::" }, "refused: IS_LOCAL"],
    ["a public process, by a short zero", { IS_LOCAL: "true", API_HOST: "0" }, "refused: IS_LOCAL"],
    ["a public name", { IS_LOCAL: "true", API_HOST: "127.0.0.1.example.com" }, "refused: IS_LOCAL"],
    ["a public process, IS_OFFLINE", { IS_OFFLINE: "true", ...PUBLIC }, "refused: IS_OFFLINE"],
    ["a function with IS_LOCAL", { IS_LOCAL: "true", ...LAMBDA }, "refused: IS_LOCAL"],
    ["a function with IS_OFFLINE", { IS_OFFLINE: "true", ...LAMBDA }, "refused: IS_OFFLINE"],
    ["a function with the value for containers", { IS_LOCAL: ON_LOOPBACK, ...LAMBDA }, "refused: IS_LOCAL"],
    ["only a function's name", { IS_LOCAL: "true", AWS_LAMBDA_FUNCTION_NAME: "f" }, "refused: IS_LOCAL"],
    [
      "the emulators' stream on Lambda",
      { IS_LOCAL: "true", ...EMULATED, AWS_LAMBDA_RUNTIME_API: "a:1" },
      "refused: IS_LOCAL",
    ],
    [
      "a container on ECS",
      { IS_LOCAL: ON_LOOPBACK, ...PUBLIC, ECS_CONTAINER_METADATA_URI_V4: "http://a" },
      "refused: IS_LOCAL",
    ],
    [
      "a container on Kubernetes",
      { IS_LOCAL: ON_LOOPBACK, ...PUBLIC, KUBERNETES_SERVICE_HOST: "a" },
      "refused: IS_LOCAL",
    ],
    ["a container on Cloud Run", { IS_LOCAL: ON_LOOPBACK, ...PUBLIC, K_SERVICE: "a" }, "refused: IS_LOCAL"],
    ["a workspace in Kubernetes, on loopback", { IS_LOCAL: "true", KUBERNETES_SERVICE_HOST: "a" }, "local"],
    ["a process that says it is not local", { IS_LOCAL: "false", IS_OFFLINE: "false", ...LAMBDA }, "deployed"],
    ["empty settings", { IS_LOCAL: "", IS_OFFLINE: "" }, "deployed"],
    ["an unknown value", { IS_LOCAL: "1" }, "refused: IS_LOCAL"],
    ["a value in capitals", { IS_OFFLINE: "TRUE" }, "refused: IS_OFFLINE"],
  ])("%s", (_, environment, expected) => {
    expect(verdict(environment)).toBe(expected);
  });

  test("keys make no difference: a contradiction is refused with them, too", () => {
    expect(verdict({ ...LAMBDA, IS_LOCAL: "true", API_KEYS: `a:read:${"0".repeat(64)}` })).toBe("refused: IS_LOCAL");
  });

  test("the message says what contradicts IS_LOCAL and what to do", () => {
    const read = (more: Environment) => () => readConfig({ ...DATABASE, IS_LOCAL: "true", ...more });
    expect(read(PUBLIC)).toThrow(/API_HOST is 0\.0\.0\.0.*set API_KEYS/);
    expect(read(LAMBDA)).toThrow(/AWS Lambda.*set API_KEYS/);
  });

  test("nothing on Lambda and nothing that others can reach is ever local", () => {
    const maybe = (...values: string[]) => fc.constantFrom(undefined, "", ...values);
    let cases = 0;
    void fc.assert(
      fc.property(
        fc.record({
          IS_OFFLINE: maybe("true", "false"),
          IS_LOCAL: maybe("true", "false", ON_LOOPBACK),
          API_HOST: maybe("0.0.0.0", "127.0.0.1", "::", "10.0.0.1"),
          AWS_LAMBDA_RUNTIME_API: maybe("a:1"),
          AWS_LAMBDA_FUNCTION_NAME: maybe("f"),
          AWS_LAMBDA_LOG_STREAM_NAME: maybe(STREAM, LAMBDA.AWS_LAMBDA_LOG_STREAM_NAME),
          KUBERNETES_SERVICE_HOST: maybe("a"),
          API_KEYS: maybe(`a:read:${"0".repeat(64)}`),
        }),
        (env) => {
          cases++;
          if (verdict(env) !== "local") return;
          expect(env.AWS_LAMBDA_RUNTIME_API || "").toBe("");
          const emulated = env.AWS_LAMBDA_LOG_STREAM_NAME === STREAM;
          if (env.AWS_LAMBDA_FUNCTION_NAME) expect(emulated).toBe(true);
          if (emulated || [undefined, "", "127.0.0.1"].includes(env.API_HOST)) return;
          expect(env.IS_LOCAL).toBe(ON_LOOPBACK);
          expect(env.KUBERNETES_SERVICE_HOST || "").toBe("");
        },
      ),
      { numRuns: 500 },
    );
    expect(cases).toBeGreaterThanOrEqual(500);
  });
});
