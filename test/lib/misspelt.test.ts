import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { misspeltSettings, settingNames } from "../../lib/config/config.ts";
import { useProcesses } from "../support/process.ts";
import { start } from "../support/start.ts";

const processes = useProcesses();
const foundIn = (...names: string[]) => misspeltSettings(Object.fromEntries(names.map((name) => [name, "1"])));

test.each([
  ["WORKER_CONCURENCY", "WORKER_CONCURRENCY"],
  ["WORKERS_CONCURRENCY", "WORKER_CONCURRENCY"],
  ["WOKER_CONCURRENCY", "WORKER_CONCURRENCY"],
  ["worker_concurrency", "WORKER_CONCURRENCY"],
  ["MAX_WORKER", "MAX_WORKERS"],
  ["LEASE_SECS", "LEASE_SECONDS"],
  ["KEEP_COMPLETE_HOURS", "KEEP_COMPLETED_HOURS"],
  ["KEEP_FAILED_HOUR", "KEEP_FAILED_HOURS"],
  ["API_KEY", "API_KEYS"],
  ["RATE_LIMITS", "RATE_LIMIT"],
  ["CORS_ORIGIN", "CORS_ORIGINS"],
  ["LOGLEVEL", "LOG_LEVEL"],
  ["UPSTASH_REDIS_RESET_TOKEN", "UPSTASH_REDIS_REST_TOKEN"],
  ["REDIS_REST_PROT", "REDIS_REST_PORT"],
])("%s is reported as a misspelt %s", (name, nearest) => {
  expect(foundIn("PATH", name, "HOME")).toEqual([{ name, nearest }]);
});

test("any setting with one letter missing, added, changed or swapped is reported", () => {
  const long = settingNames().filter((name) => name.length >= 8 && !/^(AWS|ECS|K|KUBERNETES)_/.test(name));
  const edit = fc.constantFrom<(name: string, at: number) => string>(
    (name, at) => name.slice(0, at) + name.slice(at + 1),
    (name, at) => `${name.slice(0, at)}X${name.slice(at)}`,
    (name, at) => `${name.slice(0, at)}X${name.slice(at + 1)}`,
    (name, at) => name.slice(0, at) + name[at + 1] + name[at] + name.slice(at + 2),
  );
  fc.assert(
    fc.property(fc.constantFrom(...long), edit, fc.nat(), (setting, change, where) => {
      const name = change(setting, 2 + (where % (setting.length - 3)));
      fc.pre(!settingNames().includes(name));
      expect(foundIn(name)).toMatchObject([{ name }]);
    }),
    { numRuns: 500 },
  );
});

test("no real setting is reported, set or empty, nor any variable of platforms, tools and other programs", () => {
  expect(foundIn(...settingNames())).toEqual([]);
  expect(misspeltSettings({ WORKER_CONCURENCY: "", MAX_WORKER: undefined })).toEqual([]);
  const others = `AWS_DEFAULT_REGION AWS_EXECUTION_ENV AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_FUNCTION_VERSION
    AWS_LAMBDA_INITIALIZATION_TYPE AWS_LAMBDA_LOG_GROUP_NAME AWS_PROFILE AWS_XRAY_CONTEXT_MISSING AWS_ENDPOINT_URL
    AWS_ENDPOINT_URL_S3 API_URL API_TOKEN API_BASE_URL CI COLORTERM DATABASE_URL DEBUG EDITOR FORCE_COLOR
    GITHUB_ACTIONS HOME HOSTNAME INIT_CWD KUBERNETES_PORT KUBERNETES_SERVICE_PORT LANG LC_ALL LESS LOGNAME LS_COLORS
    LOG_FORMAT MAIL MAIL_FROM NODE_ENV NODE_OPTIONS OLDPWD OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_PROTOCOL
    OTEL_EXPORTER_OTLP_TRACES_HEADERS OTEL_RESOURCE_ATTRIBUTES OTEL_SDK_DISABLED PATH PATHEXT PS1 PWD REDIS_HOST
    REDIS_PASSWORD REDIS_PORT REDIS_TOKEN SHELL SHLVL SMTP_URL SSH_AUTH_SOCK TERM TMPDIR TZ USER WORKDIR XDG_RUNTIME_DIR
    npm_config_cache npm_lifecycle_event`;
  expect(foundIn(...others.split(/\s+/))).toEqual([]);
});

test("every variable in docs/settings.md is a known setting, except those of tasks", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/settings.md"), "utf8");
  const [before, after] = page.split(/^The tasks that ship[\s\S]*?(?=^The local stack)/m) as [string, string];
  const listed = [...(before + after).matchAll(/^\| (`[A-Z][^|]+) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name!),
  );
  expect(listed.length).toBeGreaterThan(30);
  expect(listed.filter((name) => !settingNames().includes(name))).toEqual([]);
});

const database = { UPSTASH_REDIS_REST_URL: "http://127.0.0.1:1", UPSTASH_REDIS_REST_TOKEN: "t" };

test("a worker reports a misspelt setting once, as it starts", async () => {
  const started = processes.start("bin/worker.ts", { ...database, WORKER_CONCURENCY: "3", WORKER_PORT: "0" });
  await started.url();
  const events = started.lines.map(({ event }) => event);
  expect(started.lines[events.indexOf("unknown_setting")]).toMatchObject({
    level: "warn",
    name: "WORKER_CONCURENCY",
    nearest: "WORKER_CONCURRENCY",
  });
  expect(events.indexOf("unknown_setting")).toBeLessThan(events.indexOf("worker_started"));
  expect(events.filter((event) => event === "unknown_setting")).toHaveLength(1);
});

test("npm start reports a misspelt setting before anything runs", async () => {
  const started = await start({ WORKER_CONCURENCY: "3" });
  await started.prints(
    /wakeq: WORKER_CONCURENCY is set, and no setting has that name: did you mean WORKER_CONCURRENCY\?/,
  );
  expect(started.output).not.toMatch(/ready|API/);
});
