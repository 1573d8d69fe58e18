import { beforeEach, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { pause as pauseTask } from "../../lib/queue/pauses.ts";
import { PausedView } from "../../lib/routes/described/paused-view.ts";
import { QueueStatsView } from "../../lib/routes/described/queue-stats.ts";
import { type Deployed, get, post, useApi } from "../support/api.ts";
import { startLambda } from "../support/lambda.ts";
import { job, START } from "../support/redis.ts";
import { claim } from "../support/verbs.ts";
import { allPages, list } from "./listing.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  deployed = await api.deploy();
});

const pause = (body: unknown = {}) => deployed.call(post("/pause", body));
const resume = (body: unknown = {}) => deployed.call(post("/resume", body));
const stats = async () => {
  const { body } = await deployed.call(get("/queue-stats"));
  z.parse(QueueStatsView, body);
  return body;
};
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

test("a pause of the queue is answered with what is paused, and the statistics say it until it is resumed", async () => {
  const until = inAnHour();
  await deployed.queue.submit([job()]);
  expect(await stats()).toMatchObject({ oldest_ready_seconds: expect.any(Number), paused_tasks: [] });
  const { status, body } = await pause({ until });
  expect([status, body]).toEqual([200, { paused: { since: expect.any(String), until }, paused_tasks: [] }]);
  z.parse(PausedView, body);
  expect(await stats()).toMatchObject(body);
  expect(await stats()).not.toHaveProperty("oldest_ready_seconds");
  expect(await resume()).toMatchObject({ status: 200, body: { paused_tasks: [] } });
  expect(await stats()).not.toHaveProperty("paused");
  expect(await stats()).toMatchObject({ ready: { normal: 1 }, oldest_ready_seconds: expect.any(Number) });
});

test("a task is paused by its name, and resumed by its name", async () => {
  await deployed.queue.submit([job({ task: "note" }), job({ task: "note" }), job({ task: "count" })]);
  expect((await pause({ task: "note" })).body).toEqual({
    paused_tasks: [{ task: "note", since: expect.any(String), parked: 0 }],
  });
  expect((await claim(deployed.queue)).jobs.map(({ job }) => job.task)).toEqual(["count"]);
  expect(await stats()).toMatchObject({ ready: { normal: 0 }, paused_tasks: [{ task: "note", parked: 2 }] });
  expect((await resume()).body).toMatchObject({ paused_tasks: [{ task: "note" }] });
  expect((await resume({ task: "note" })).body).toEqual({ paused_tasks: [] });
  expect(await stats()).toMatchObject({ ready: { normal: 2 } });
});

test.each([
  { body: { task: "none" }, code: "unknown_task", pointer: "/task" },
  { body: { until: "tomorrow" }, code: "invalid_request", pointer: "/until" },
  { body: { until: "2020-01-01T00:00:00Z" }, code: "invalid_request", pointer: "/until" },
  { body: { until: "2999-01-01T00:00:00Z" }, code: "invalid_request", pointer: "/until" },
  { body: { taks: "note" }, code: "invalid_request", pointer: "/taks" },
  { body: { task: null }, code: "invalid_request", pointer: "/task" },
])("a pause with $body is refused with 422, and pauses nothing", async ({ body, code, pointer }) => {
  expect(await pause(body)).toMatchObject({ status: 422, body: { code, errors: [{ pointer }] } });
  expect(await deployed.store.all()).toEqual({});
});

test("what is not paused may be resumed, but a task that there is not may not", async () => {
  expect(await resume()).toMatchObject({ status: 200, body: { paused_tasks: [] } });
  expect(await resume({ task: "note" })).toMatchObject({ status: 200 });
  expect(await resume({ task: "none" })).toMatchObject({ status: 422, body: { code: "unknown_task" } });
  expect(await resume({ until: inAnHour() })).toMatchObject({ status: 422, body: { code: "invalid_request" } });
});

test("a resume wakes a worker, and a submit while the queue is paused does not", async () => {
  const lambda = await startLambda();
  try {
    deployed = await api.deploy({
      ...{ IS_OFFLINE: "true", WORKER_FUNCTION_NAME: "worker", AWS_ENDPOINT_URL_LAMBDA: lambda.url },
      ...{ AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" },
    });
    await pause();
    expect((await deployed.call(post("/submit-job", { task: "note", payload: { to: "a@b.example" } }))).status).toBe(
      202,
    );
    expect(lambda.invocations).toEqual([]);
    await resume();
    expect(lambda.invocations.map(({ body }) => JSON.parse(body))).toEqual([{ source: "resume", depth: 0 }]);
  } finally {
    await lambda.stop();
  }
});

describe("parked jobs", () => {
  const submitted = async (count: number, more: Parameters<typeof job>[0]) => {
    const jobs = Array.from({ length: count }, () => job(more));
    for (let i = 0; i < count; i += 100) await deployed.queue.submit(jobs.slice(i, i + 100));
    return jobs.map(({ id }) => id);
  };
  const pauseAny = (task: string) => pauseTask({ redis: api.redis.redis, keys: deployed.keys }, { task });
  const parkAll = async () => {
    for (let n = 1; ; n++) if (!(await claim(deployed.queue, { token: `p.${n}` })).more) return;
  };

  test("are listed as pending jobs, those of each task the newest first, whatever the size of a page", async () => {
    const [notes, counts] = [await submitted(12, { task: "note" }), await submitted(5, { task: "count" })];
    const rest = await submitted(3, { task: "call" });
    for (const task of ["note", "count"]) await pause({ task });
    await claim(deployed.queue, { token: "p.1", count: 0 });
    for (let n = 2; n < 4; n++) await claim(deployed.queue, { token: `p.${n}`, count: 10 });
    const expected = [...counts.reverse(), ...notes.reverse()];
    for (const limit of [1, 4, 5, 12, 100])
      expect(await allPages(deployed, `status=pending&limit=${limit}`), `by ${limit}`).toEqual(expected);
    expect((await allPages(deployed, "limit=7")).sort()).toEqual([...expected, ...rest].sort());
    expect(await allPages(deployed, "task=count&limit=2")).toEqual(counts);
  });

  test("are all listed once while some of them are cancelled, and a page ends where a task is resumed", async () => {
    const notes = (await submitted(30, { task: "note" })).reverse();
    await pause({ task: "note" });
    await parkAll();
    const seen = await allPages(deployed, "status=pending&limit=5", async (ids) => {
      await deployed.call(post(`/cancel-job/${ids.at(-1)}`));
    });
    expect(seen).toEqual(notes);
    const page = await list(deployed, "?status=pending&limit=5");
    await resume({ task: "note" });
    expect(await list(deployed, `?status=pending&limit=5&cursor=${page.next_cursor}`)).toEqual({ jobs: [] });
  });

  test("are listed by when they could have run, as their changed_at says", async () => {
    const { queue } = api.redis.queue({ prefix: deployed.prefix });
    const [delayed, immediate] = [job({ task: "note", when: { delayMs: 10_000 } }), job({ task: "note" })];
    await queue.submit([delayed, immediate]);
    await pauseAny("note");
    api.redis.clock.now += 60_000;
    for (let n = 1; n < 4; n++) await claim(queue, { token: `p.${n}` });
    const { jobs } = await list(deployed, "?status=paused");
    const at = (seconds: number) => new Date(START + seconds * 1_000).toISOString();
    expect(jobs).toMatchObject([
      { job_id: delayed.id, state: "paused", changed_at: at(10) },
      { job_id: immediate.id, state: "paused", changed_at: at(0) },
    ]);
  });

  test("are listed whichever of many paused tasks they are of, and a page costs at most 20 commands", async () => {
    const paused = Array.from({ length: 20 }, (_, i) => `task_${String(i).padStart(2, "0")}`);
    const jobs = ["task_07", "task_15", "task_19"].map((task) => job({ task }));
    await deployed.queue.submit(jobs);
    for (const task of paused) await pauseAny(task);
    await parkAll();
    const [first, second, last] = jobs.map(({ id }) => id);
    for (const status of ["status=paused", "status=pending", "limit=5"])
      expect((await allPages(deployed, status)).sort(), status).toEqual([first, second].sort());
    for (const { id, task } of jobs) expect(await allPages(deployed, `task=${task}`), task).toEqual([id]);
    expect(await allPages(deployed, `task=task_19&id=${last!.slice(0, 8)}`)).toEqual([last]);
    expect(await allPages(deployed, `id=${second!.slice(0, 8)}`)).toEqual([second]);
    const { total } = await api.commandsOf(() => list(deployed));
    expect(total + 2).toBeLessThanOrEqual(20); // with the EVALSHAs
  });

  test("of four paused tasks with parked jobs, those of the first three are listed, and the others by their name", async () => {
    const tasks = ["a", "b", "c", "d"];
    const jobs = tasks.flatMap((task) => Array.from({ length: 6 }, () => job({ task })));
    await deployed.queue.submit(jobs);
    for (const task of tasks) await pauseAny(task);
    await parkAll();
    await deployed.queue.submit(
      (["high", "normal", "low"] as const).flatMap((priority) =>
        Array.from({ length: 6 }, () => job({ task: "e", priority })),
      ),
    );
    const of = (task: string) => jobs.filter((each) => each.task === task).map(({ id }) => id);
    expect((await allPages(deployed, "status=paused&limit=4")).sort()).toEqual([..."abc"].flatMap(of).sort());
    expect(await allPages(deployed, "task=d&limit=4")).toEqual(of("d").reverse());
    let cursor: string | undefined = "";
    while (cursor !== undefined) {
      const { result, total } = await api.commandsOf(() => list(deployed, `?limit=1${cursor}`));
      expect(total + 2).toBeLessThanOrEqual(20);
      cursor = result.next_cursor && `&cursor=${result.next_cursor}`;
    }
  });
});
