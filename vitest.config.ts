import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { DOORS } from "./bin/package/doors.ts";

const isThere = (...commands: string[]) => commands.some((command) => spawnSync(command, ["--version"]).status === 0);
// On a bare machine what needs a Redis server or a browser is left out, and the rest runs on the embedded store. In CI
// nothing is left out: what is missing fails.
const hasRedis = process.env.CI !== undefined || isThere("redis-server", "valkey-server");
const hasBrowser =
  process.env.CI !== undefined || isThere(process.env.CHROMIUM_PATH ?? "chromium", "chromium-browser", "google-chrome");

const NEEDS_REDIS = [
  "test/local/*.test.ts",
  "packages/redis-rest-local/test/!(cli|package|readme|structure).test.ts",
  "packages/redis-rest-local/test/embedded/differential.test.ts",
  "test/{budget,chaos,container,doctor,faults}/**/*.test.ts",
  "test/e2e/{main-job,restart,start}.test.ts",
];
/**
 * What leaves nothing behind in a module or in its process: run in one process after the other files of the same kind, as
 * importing everything again for each took a third of their time.
 */
const UNITS = ["test/{lib,queue,schedules,testing}/*.test.ts", "packages/*/test/**/*.test.ts"];
/** What is run from the package as npm gets it. */
const INSTALLED = ["test/install/*.test.ts", "test/client/package.test.ts"];
/** Minutes each: `npm run test:long`. A small case of each is in a file without `long`. */
const LONG = "test/**/*.long.test.ts";

const EMBEDDED = { TEST_STORE: "embedded", REDIS_URL: "embedded:" };
const TEST_TASKS = join(import.meta.dirname, "test/support/tasks.ts");

/** What needs no stack, no browser and no Redis: units, and the queue on the embedded store. */
const fast = {
  extends: true as const,
  test: {
    name: "fast",
    include: [
      "test/{define,lib,queue,schedules,testing}/*.test.ts",
      "test/worker/{flow,life,next-step,outcome,outlook,result,stall,thrown,token}.test.ts",
      "test/{api/wait-pace,observability/{metrics,trace,trace-settings}}.test.ts",
      "test/structure/{cuts,docstrings,headers,imports,lengths,limits,links,package-page,pictures,routes,submit-types,tasks,type-names}.test.ts",
    ],
    exclude: [LONG],
    isolate: false,
    env: EMBEDDED,
  },
};

const long = {
  extends: true as const,
  test: { name: "long", include: [LONG], globalSetup: "test/install/pack.ts", testTimeout: 900_000 },
};

/** Everything but what takes minutes. */
const all = [
  {
    extends: true as const,
    test: {
      name: hasRedis ? "redis" : "bare",
      include: ["test/**/*.test.ts"],
      exclude: [
        ...[LONG, "test/aws/*.test.ts", "**/node_modules/**", ...INSTALLED, ...UNITS],
        ...(hasRedis ? [] : NEEDS_REDIS),
        ...(hasBrowser ? [] : ["test/web/**/*.test.ts"]),
      ],
      globalSetup: "test/support/shared/set-up.ts",
      env: hasRedis ? {} : EMBEDDED,
    },
  },
  {
    extends: true as const,
    test: {
      name: hasRedis ? "units" : "bare units",
      include: UNITS,
      exclude: [LONG, "**/node_modules/**", ...(hasRedis ? [] : NEEDS_REDIS)],
      isolate: false,
      env: hasRedis ? {} : EMBEDDED,
    },
  },
  // A project of its own for its set-up, which installs AWS' runtime client.
  {
    extends: true as const,
    test: {
      name: "aws",
      include: ["test/aws/*.test.ts"],
      exclude: [LONG],
      globalSetup: "test/aws/install.ts",
      env: hasRedis ? {} : { TEST_STORE: "embedded" },
    },
  },
  // A project of its own for its set-up, which packs the package.
  {
    extends: true as const,
    test: {
      name: "install",
      include: INSTALLED,
      exclude: [LONG],
      globalSetup: ["test/install/pack.ts", "test/aws/install.ts"],
      env: hasRedis ? {} : { TEST_STORE: "embedded" },
    },
  },
  // The queue's own tests once more, on the embedded store.
  ...(hasRedis
    ? [
        {
          extends: true as const,
          test: {
            name: "embedded",
            include: ["test/queue/*.test.ts"],
            exclude: [LONG],
            isolate: false,
            env: { TEST_STORE: "embedded" },
          },
        },
      ]
    : []),
];

/** `vitest run --mode fast`, `--mode long`; without a mode, everything but what is long. */
export default defineConfig(({ mode }) => {
  if (mode !== "fast" && !hasRedis)
    console.log("No redis-server: its own tests are left out, the others run on the embedded store.");
  if (mode === "test" && !hasBrowser) console.log("No Chromium: the tests of the pages are left out.");
  return {
    // The package's doors, from their sources: nothing has to be built for a test.
    resolve: {
      alias: Object.entries(DOORS).map(([door, source]) => ({
        find: new RegExp(`^${door.replace(".", "wakeq")}$`),
        replacement: join(import.meta.dirname, source),
      })),
    },
    plugins: [
      {
        name: "text-assets",
        enforce: "pre",
        transform(code, id) {
          return /\.(lua|html)$/.test(id) ? `export default ${JSON.stringify(code)}` : undefined;
        },
      },
      {
        // What handlers/ and bin/ import as tasks/index.ts are the tests' own: the others belong to those who deploy.
        name: "test-tasks",
        enforce: "pre",
        resolveId: (source) => (/(^|\/)tasks\/index\.ts$/.test(source) ? TEST_TASKS : undefined),
      },
    ],
    test: {
      reporters: ["default", "./test/support/closing-line.ts"],
      setupFiles: ["./test/support/quiet.ts"],
      testTimeout: 60_000,
      hookTimeout: 120_000,
      // Most files have a Redis, some a whole stack of their own.
      maxWorkers: 2,
      projects: mode === "fast" ? [fast] : mode === "long" ? [long] : all,
    },
  };
});
