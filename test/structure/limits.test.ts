import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");
const page = textOf("docs/limits.md");

/** Reads a number, or a product of numbers, that the code gives a name: a constant, or a field. */
function numberIn(file: string, name: string): number {
  const [, value] = new RegExp(`\\b${name}(?:: \\w+)?(?: = |: )([\\d_]+(?: \\* [\\d_]+)*)\\b`).exec(textOf(file)) ?? [];
  if (value === undefined) throw new Error(`${file} has no number ${name}`);
  return value.split(" * ").reduce((product, factor) => product * Number(factor.replaceAll("_", "")), 1);
}

/** Reads the default of a setting, and its range. */
function settingIn(name: string): { preset: number; range: string } {
  const [, ...numbers] = new RegExp(`\\b${name}: integer\\(([\\d_]+), ([\\d_]+), ([\\d_]+)\\)`).exec(
    textOf("lib/config/settings.ts"),
  )!;
  const [preset, least, most] = numbers.map((each) => Number(each.replaceAll("_", "")));
  return { preset: preset!, range: `${written(least!)} to ${written(most!)}` };
}

/** Finds a number in the code by what stands around it. */
function found(file: string, around: RegExp): number {
  const [, number] = around.exec(textOf(file)) ?? [];
  if (number === undefined) throw new Error(`${file} has nothing like ${around}`);
  return Number(number.replaceAll("_", ""));
}

/** Writes a number as the page does. */
const written = (number: number) => number.toLocaleString("en-GB");

const KIB = 1024;
const kib = (file: string, name: string) => `${numberIn(file, name) / KIB} KiB`;
const seconds = (file: string, name: string) => `${numberIn(file, name) / 1_000} s`;
const hours = (name: string) => [`${settingIn(name).preset} h`, `${settingIn(name).range} h`];
const setting = (name: string) => [written(settingIn(name).preset), settingIn(name).range];

/** Finds the files that look for due jobs by themselves. */
function ticks(): string[] {
  const files = readdirSync(join(ROOT, "lib/adapters"), { recursive: true, encoding: "utf8" })
    .map((name) => `lib/adapters/${name}`)
    .filter((file) => file.endsWith(".ts") && /const TICK_MS = /.test(textOf(file)));
  if (files.length === 0) throw new Error("no adapter has a TICK_MS");
  return files;
}

/** What each row must say, with the numbers of the code. */
const ROWS: [what: RegExp, says: (string | number)[]][] = [
  [/^payload$/, [kib("lib/jobs/outcome.ts", "VALUE_BYTES")]],
  [/^result$/, [kib("lib/jobs/outcome.ts", "VALUE_BYTES")]],
  [/^name of a task$/, [`${1 + found("lib/tasks.ts", /\[a-z0-9_\]\{0,(\d+)\}/)} characters`]],
  [/^jobs in one/, [`${numberIn("lib/routes/submit-jobs.ts", "MAX_BATCH")}, all or none`]],
  [
    /^body of a request$/,
    [
      `${numberIn("lib/http/body.ts", "BODY_BYTES") / KIB ** 2} MiB;`,
      `${numberIn("lib/routes/submit-jobs.ts", "bodyBytes") / KIB ** 2} MiB for`,
    ],
  ],
  [/^nesting of a body$/, [`${numberIn("lib/http/body.ts", "MAX_NESTING")} levels`]],
  [/^nesting of a result$/, [`${written(numberIn("lib/json/text.ts", "MAX_NESTING"))} levels`]],
  [/^numbers in a body$/, [Number.MAX_VALUE.toPrecision(2).replace("+", "")]],
  [
    /^retries$/,
    [
      `${numberIn("lib/tasks.ts", "DEFAULT_MAX_RETRIES")} by default`,
      `0 to ${found("lib/jobs/job-request.ts", /max_retries: .*z\.lte\((\d+)\)/)}`,
    ],
  ],
  [/^delay/, [`${numberIn("lib/jobs/when.ts", "YEAR_SECONDS") / 86_400} days`]],
  [/^`expires_seconds`$/, [`${numberIn("lib/jobs/when.ts", "YEAR_SECONDS") / 86_400} days`]],
  [/^idempotency key$/, [`${found("lib/jobs/ids.ts", /\{1,(\d+)\}\$/)} printable`]],
  [
    /^unique key$/,
    [
      `${numberIn("lib/jobs/unique.ts", "KEY_CHARACTERS")} characters`,
      `${numberIn("lib/jobs/when.ts", "YEAR_SECONDS") / 86_400} days`,
    ],
  ],
  [/^tasks that are paused/, [found("lib/queue/scripts/pause.lua", /NET_MS = (\d+)/)]],
  [/^`until` of a pause$/, [`${found("lib/queue/scripts/pause.lua", /NET_MS = \d+, (\d+)/) / 86_400_000} days`]],
  [/^an asynchronous schema/, [seconds("lib/schema/standard.ts", "SCHEMA_MS")]],
  [/^note of/, [`${numberIn("lib/worker/attempt.ts", "NOTE_CHARACTERS")} characters`]],
  [
    /^log lines kept/,
    [
      `last ${numberIn("lib/observability/task-log.ts", "KEPT_LINES")} of`,
      kib("lib/observability/task-log.ts", "KEPT_BYTES"),
    ],
  ],
  [
    /^an error kept whole$/,
    [
      kib("lib/observability/failure.ts", "WHOLE_BYTES"),
      kib("lib/queue/settling.ts", "WHOLE_BYTES"),
      `name (${numberIn("lib/queue/settling.ts", "NAME_CHARACTERS")} characters)`,
      `line (${numberIn("lib/queue/settling.ts", "LINE_CHARACTERS")} characters)`,
    ],
  ],
  [/^attempts in a job's history$/, []], // test/queue/reclaim.test.ts
  [/^one attempt$/, [seconds("lib/tasks.ts", "DEFAULT_TIMEOUT_MS")]],
  [
    /^wait before a retry$/,
    [
      ...[0, 1, 2].map((n) => {
        const full = (numberIn("lib/backoff.ts", "baseMs") / 1_000) * numberIn("lib/backoff.ts", "factor") ** n;
        return `${full / 2} to ${full} s`;
      }),
      `${numberIn("lib/backoff.ts", "maxMs") / 60_000} minutes`,
    ],
  ],
  [/^snoozes of one job/, [`${numberIn("lib/tasks.ts", "DEFAULT_MAX_SNOOZE_MS") / 3_600_000} h`]],
  [/^one request that waits/, [`${numberIn("lib/routes/common.ts", "MAX_WAIT_SECONDS")} s`]],
  [/^lease$/, [`${settingIn("LEASE_SECONDS").preset} s`, settingIn("LEASE_SECONDS").range]],
  [/^precision of a delay$/, [`last ${settingIn("LINGER_SECONDS").preset} s`, settingIn("LINGER_SECONDS").range]],
  [/^tick of a worker/, ticks().map((file) => seconds(file, "TICK_MS"))],
  [/^sleep of ticks/, [`${numberIn("lib/queue/worker-queue.ts", "SLEEP_MS") / 3_600_000} h`]],
  [
    /^a job whose task/,
    [
      `${settingIn("UNKNOWN_TASK_MINUTES").preset} minutes`,
      `${numberIn("lib/worker/unknown-task.ts", "FEWEST_TRIES")} tries`,
    ],
  ],
  [/^invocations that start/, [numberIn("lib/app/wake.ts", "MAX_DEPTH")]],
  [/^schedules of a queue/, [written(numberIn("lib/schedules/check.ts", "MAX_SCHEDULES"))]],
  [/^name of a schedule/, [`${1 + found("lib/schedules/check.ts", /\{0,(\d+)\}\$/)} characters`]],
  [/^payload of a schedule/, [kib("lib/schedules/payload.ts", "PAYLOAD_BYTES")]],
  [/^payloads of all schedules/, [`${numberIn("lib/schedules/check.ts", "DECLARED_BYTES") / KIB / KIB} MiB`]],
  [
    /^`every`/,
    [
      `${numberIn("lib/schedules/check.ts", "LEAST_EVERY_MS") / 1_000} second`,
      `${numberIn("lib/schedules/check.ts", "MOST_EVERY_DAYS")} days`,
    ],
  ],
  [/^`catchUp/, [`1 to ${written(numberIn("lib/schedules/check.ts", "MAX_CATCH_UP"))} slots`]],
  [/^jitter/, [`${written(numberIn("lib/schedules/check.ts", "MAX_JITTER_SECONDS"))} s`]],
  [/^a slot counts as missed/, [seconds("lib/schedules/plan.ts", "MISSED_MS")]],
  [/^jobs that a worker runs/, setting("WORKER_CONCURRENCY")],
  [/^workers that a backlog/, setting("MAX_WORKERS")],
  [/^completed jobs/, hours("KEEP_COMPLETED_HOURS")],
  [/^failed jobs(?! that)/, hours("KEEP_FAILED_HOURS")],
  [/^cancelled jobs/, hours("KEEP_CANCELLED_HOURS")],
  [/^finished jobs of each kind/, setting("KEEP_JOBS")],
  [/^jobs that may wait/, [settingIn("MAX_WAITING_JOBS").range]],
  [/^a page of a list$/, [`${numberIn("lib/queue/listing.ts", "PAGE_BYTES") / 1e6} MB`, "20 commands"]], // test/api/list-scale.test.ts
  [
    /^paused tasks whose/,
    [
      `first ${numberIn("lib/queue/cursor.ts", "MOST_PARKED")} that`,
      `first ${numberIn("lib/queue/parked-tasks.ts", "SEARCHED")} that`,
    ],
  ],
  [
    /^failed jobs that/,
    [
      written(numberIn("lib/routes/failures.ts", "SCANNED")),
      `${numberIn("lib/queue/selecting.ts", "MOST_BYTES") / 1e6} MB`,
    ],
  ],
  [
    /^jobs that one/,
    [
      `${numberIn("lib/routes/selection.ts", "MOST_JOBS")};`,
      `looks at ${numberIn("lib/routes/selection.ts", "SEARCHED")} of`,
    ],
  ],
  [
    /^jobs on a page/,
    [
      `${found("lib/routes/list-jobs.ts", /whole\(1, \d+\), (\d+)\)/)} by default`,
      `${found("lib/routes/list-jobs.ts", /whole\(1, (\d+)\)/)} at most`,
    ],
  ],
  [
    /^schedules on a page/,
    [
      `${found("lib/routes/list-schedules.ts", /whole\(1, \d+\), (\d+)\)/)} by default`,
      `${found("lib/routes/list-schedules.ts", /whole\(1, (\d+)\)/)} at most`,
    ],
  ],
  [/^name of an API key/, [`${found("lib/config/api-keys.ts", /\[\\w\.-\]\{1,(\d+)\}/)} characters`]],
  [/^an API key as it is sent/, [`${found("lib/http/auth.ts", /\{1,(\d+)\}\)\$/)} characters`]],
  [/^answer of/, [seconds("lib/routes/health.ts", "KEPT_MS")]],
  [/^connections of/, [written(numberIn("lib/http/limits.ts", "connections"))]],
  [/^headers of a request/, [seconds("lib/http/limits.ts", "headersMs")]],
  [/^a whole request/, [seconds("lib/http/limits.ts", "requestMs")]],
];

const ours = page.split("## Platforms")[0]!;
const listed = [...ours.matchAll(/^\| (?!what |-)(.+?) \| (.*) \|$/gm)].map(([, what, rest]) => ({
  what: what!,
  rest: rest!,
}));

test.each(listed)("docs/limits.md says of $what what the code says", ({ what, rest }) => {
  const row = ROWS.find(([pattern]) => pattern.test(what));
  expect(row, "a row without its numbers in this test").toBeDefined();
  const saysAll = row![1].map((each) => new RegExp(`(?<![\\d.,])${String(each).replaceAll(/[()+.]/g, "\\$&")}(?!\\d)`));
  for (const says of saysAll) expect(rest).toMatch(says);
});

test("docs/limits.md has a row for each limit that is known here", () => {
  const missing = ROWS.filter(([pattern]) => !listed.some(({ what }) => pattern.test(what)));
  expect(missing).toEqual([]);
});

test("what docs/limits.md says of platforms agrees with our own settings", () => {
  const claimBytes = numberIn("lib/queue/worker-queue.ts", "CLAIM_BYTES");
  expect(page).toContain(`a claim takes ${claimBytes / KIB ** 2} MiB at most`);
  const [, workerSeconds] = /timeout: (\d+)\n/.exec(textOf("serverless.yml").split("\n  worker:")[1]!)!;
  expect(page).toContain(`The service's worker has ${workerSeconds} s`);
  expect(page).toContain(`a request waits for ${numberIn("lib/routes/common.ts", "MAX_WAIT_SECONDS")} s at most`);
});
