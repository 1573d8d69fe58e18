import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createTestKit } from "wakeq/testing";
import * as z from "zod/mini";
import { SCHEMA_MS } from "../../lib/schema/standard.ts";
import { within } from "../../lib/schema/within.ts";
import { defineTask, indexTasks } from "../../lib/tasks.ts";
import { type Deployed, post, useApi } from "../support/api.ts";
import { asked, BROKEN, blabbing, HANGING, type Library, later, SCHEMAS, schemaTasks } from "../support/schemas.ts";
import { logged } from "../support/stderr.ts";
import { startWorker } from "../support/worker.ts";

const telling = defineTask({
  name: "telling",
  input: z.unknown(),
  maxRetries: 0,
  run: ({ submit }) => submit(blabbing, "sesame"),
});
const list = [...schemaTasks.values(), blabbing, telling];
vi.doMock("../../tasks/index.ts", () => ({ taskList: list, tasks: indexTasks(list) }));
afterAll(() => vi.doUnmock("../../tasks/index.ts"));

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  api.faults.reset();
  deployed = await api.deploy();
});
const taskOf = (name: string) => schemaTasks.get(name)!;
const submit = (name: string, payload: unknown) =>
  deployed.call(post("/submit-job", { task: taskOf(name).name, payload }));

const GOOD = { to: "ada@example.com", sizes: [{ "w/h": 2 }] };
const BAD: [payload: unknown, pointer: string][] = [
  [{ ...GOOD, to: "nobody" }, "/payload/to"],
  [{ ...GOOD, to: 1 }, "/payload/to"],
  [{ sizes: [] }, "/payload/to"],
  [undefined, "/payload/to"],
  [{ ...GOOD, n: "3" }, "/payload/n"],
  [{ ...GOOD, sizes: [{ "w/h": 1 }, { "w/h": "1" }] }, "/payload/sizes/1/w~1h"],
  ["words", "/payload"],
  [null, "/payload"],
  [7, "/payload"],
];

describe.each(Object.keys(SCHEMAS) as Library[])("a task with a schema from %s", (name) => {
  test("accepts a payload that fits, and receives it with defaults filled in", async () => {
    const answer = await submit(name, GOOD);
    expect(answer).toMatchObject({ status: 202 });
    await startWorker(deployed.queue, list).drain();
    const found = await deployed.queue.status(answer.body.job_id);
    expect(found?.job).toMatchObject({ status: "completed" });
    expect(JSON.parse(found!.result!)).toEqual({ ...GOOD, n: 3 });
    expect(JSON.parse(found!.payload!)).toEqual(GOOD);
  });

  test.each(BAD)("refuses %j at %s", async (payload, pointer) => {
    const { status, body } = await submit(name, payload);
    expect({ status, code: body.code }).toEqual({ status: 422, code: "invalid_request" });
    expect(body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
    for (const { detail } of body.errors) expect(detail).toMatch(/\w/);
    expect(await deployed.store.all()).toEqual({});
  });

  test("refuses a whole batch for one bad payload, and points to it in the body", async () => {
    const task = taskOf(name).name;
    const jobs = [GOOD, BAD[0]![0], GOOD].map((payload) => ({ task, payload }));
    const refused = await deployed.call(post("/submit-jobs", { jobs }));
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: "/jobs/1/payload/to" }] } });
    expect(await deployed.store.all()).toEqual({});
    const accepted = await deployed.call(post("/submit-jobs", { jobs: [jobs[0], jobs[2]] }));
    expect(accepted.body.job_ids).toHaveLength(2);
  });

  test("fails an attempt whose payload no longer fits, and says which field", async () => {
    const { queue } = deployed;
    const payload = JSON.stringify(BAD[5]![0]);
    const job = { task: taskOf(name).name, priority: "normal", maxRetries: 0, createdAt: 0, payload } as const;
    const id = crypto.randomUUID();
    await queue.submit([{ ...job, id }]);
    await startWorker(queue, list).drain();
    const message = expect.stringMatching(/^the payload does not fit the task: \/sizes\/1\/w~1h: /);
    expect((await queue.status(id))?.job).toMatchObject({ status: "failed", attempts: [{ error: "Error", message }] });
  });

  test("is validated in the test kit", async () => {
    const kit = await createTestKit(list);
    const task = taskOf(name);
    await expect(kit.submit(task, BAD[0]![0] as never)).rejects.toThrow("/payload/to: ");
    const id = await kit.submit(task, GOOD as never);
    await kit.drain();
    expect(await kit.job(id)).toMatchObject({ status: "completed", result: { ...GOOD, n: 3 } });
    await kit.close();
  });
});

describe.each(Object.keys(BROKEN))("a task whose schema is %s", (name) => {
  test("refuses only the payload that breaks it: in a request, a batch, the worker and the test kit", async () => {
    const task = taskOf(name).name;
    deployed = await api.deploy({ IS_OFFLINE: "true", LOG_LEVEL: "error" });
    const error = { pointer: "/payload", detail: "the task's schema threw an error for this payload" };
    const { result: refused, lines } = await logged(() => submit(name, { bad: true }));
    expect(refused).toMatchObject({ status: 422, body: { code: "invalid_request", errors: [error] } });
    expect(refused.text).not.toContain("secret");
    expect(lines).toEqual([expect.objectContaining({ level: "error", event: "schema_threw", task })]);

    const batch = [{ bad: false }, { bad: true }].map((payload) => ({ task, payload }));
    const { result: none } = await logged(() => deployed.call(post("/submit-jobs", { jobs: batch })));
    expect(none).toMatchObject({ status: 422, body: { errors: [{ ...error, pointer: "/jobs/1/payload" }] } });
    expect(await submit(name, { bad: false })).toMatchObject({ status: 202 });

    const id = crypto.randomUUID();
    const job = { id, task, priority: "normal", maxRetries: 0, createdAt: 0, payload: '{"bad":true}' } as const;
    await deployed.queue.submit([job]);
    await startWorker(deployed.queue, list).drain();
    const message = expect.stringMatching(/^the task's schema threw an error for this payload: ./);
    expect((await deployed.queue.status(id))?.job).toMatchObject({ status: "failed", attempts: [{ message }] });

    const kit = await createTestKit(list);
    await expect(kit.submit(taskOf(name), { bad: true } as never)).rejects.toThrow("/payload: the task's schema threw");
    await kit.close();
  });
});

describe.each(Object.keys(HANGING))("a task whose schema is %s", (name) => {
  const task = taskOf(name).name;
  const detail = "the task's schema did not answer within 5 s";
  const late = (pointer: string) => ({ code: "schema_timeout", errors: [{ pointer, detail }] });
  beforeEach(async () => {
    deployed = await api.deploy({ IS_OFFLINE: "true", LOG_LEVEL: "error" });
  });
  afterEach(() => void vi.useRealTimers());

  /** Does the work, waits until the schema hangs, and moves the clock past the schema's time limit. */
  async function timeIsUp<T>(work: () => Promise<T>, times = 1): Promise<T> {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const hangs = asked(times);
    const done = work();
    done.catch(() => {});
    await Promise.race([hangs, done]);
    await later(undefined); // the schemas that do answer have answered by now
    vi.advanceTimersByTime(SCHEMA_MS);
    vi.useRealTimers();
    return done;
  }

  test("is not waited for: the request is a 503 that may be sent again, and nothing is accepted", async () => {
    const { result: refused, lines } = await logged(() => timeIsUp(() => submit(name, { bad: true })));
    expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "2" }, body: late("/payload") });
    expect(lines).toEqual([expect.objectContaining({ level: "error", event: "schema_timeout", task })]);
    expect(await deployed.store.all()).toEqual({});
    expect(await submit(name, { bad: false })).toMatchObject({ status: 202 });
  });

  test("makes a batch wait only once, however many payloads hang, and no job is accepted", async () => {
    const batch = [true, false, true].map((bad) => ({ task, payload: { bad } }));
    const { result: refused, lines } = await logged(() =>
      timeIsUp(() => deployed.call(post("/submit-jobs", { jobs: batch })), 2),
    );
    const errors = [0, 2].map((i) => ({ pointer: `/jobs/${i}/payload`, detail }));
    expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "2" } });
    expect(refused.body).toMatchObject({ code: "schema_timeout", errors });
    expect(lines).toHaveLength(2);
    expect(await deployed.store.all()).toEqual({});
  });

  test("does not hide a bad payload in the same batch: the caller hears of that first", async () => {
    const jobs = [
      { task, payload: { bad: true } },
      { task: "zod", payload: {} },
    ];
    const { result } = await logged(() => timeIsUp(() => deployed.call(post("/submit-jobs", { jobs }))));
    expect(result).toMatchObject({ status: 422, body: { code: "invalid_request" } });
    expect(result.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
      "/jobs/0/payload",
      "/jobs/1/payload/to",
    ]);
  });

  test("costs a job that the worker runs an attempt, whose error says why", async () => {
    const { queue } = deployed;
    const job = { task, priority: "normal", maxRetries: 0, createdAt: 0, payload: '{"bad":true}' } as const;
    const id = crypto.randomUUID();
    await queue.submit([{ ...job, id }]);
    await timeIsUp(() => startWorker(queue, list).drain());
    expect((await queue.status(id))?.job).toMatchObject({
      status: "failed",
      attempts: [{ error: "Error", message: detail }],
    });
  });

  test("is an error for a test that submits to the kit, and for a task that submits", async () => {
    const parent = defineTask({
      name: "parent",
      input: z.unknown(),
      maxRetries: 0,
      run: ({ submit }) => submit(taskOf(name), { bad: true } as never),
    });
    const kit = await createTestKit([...list, parent]);
    await expect(timeIsUp(() => kit.submit(taskOf(name), { bad: true } as never))).rejects.toMatchObject({
      code: "schema_timeout",
      errors: [{ pointer: "/payload", detail }],
    });
    const id = await kit.submit(parent, {});
    await timeIsUp(() => kit.drain());
    const message = `the job of ${task} was not submitted: /payload: ${detail}`;
    expect(await kit.job(id)).toMatchObject({ status: "failed", attempts: [{ message }] });
    expect(await kit.queue.stats()).toMatchObject({ failed: 1, completed: 0, ready: { normal: 0 } });
    await kit.close();
  });
});

test("an error of a sensitive task's schema appears in no log, nor in the error of a task that submits", async () => {
  deployed = await api.deploy({ IS_OFFLINE: "true", LOG_LEVEL: "error" });
  const { result, lines } = await logged(() =>
    deployed.call(post("/submit-job", { task: "blabbing", payload: "sesame" })),
  );
  expect(result).toMatchObject({ status: 422, body: { code: "invalid_request" } });
  expect(lines).toEqual([{ ...lines[0], event: "schema_threw", task: "blabbing", name: "RangeError" }]);
  const { body } = await deployed.call(post("/submit-job", { task: "telling" }));
  const worker = startWorker(deployed.queue, list);
  await worker.drain();
  const found = await deployed.queue.status(body.job_id);
  expect(found?.job).toMatchObject({
    status: "failed",
    attempts: [{ message: expect.stringMatching(/^the job of blabbing was not submitted/) }],
  });
  for (const said of [result.text, lines, worker.lines, found]) expect(JSON.stringify(said)).not.toContain("sesame");
});

test("a schema that answers in time is waited for, even if a busy task delays the answer past the limit", async () => {
  const answer = new Promise<string>((resolve) => setTimeout(resolve, 80, "answered"));
  const until = performance.now() + 60;
  const waited = within(40, answer, () => "late");
  while (performance.now() < until);
  expect(await waited).toBe("answered");
});

test("errors of zod/mini are worded like those of zod, and are short", async () => {
  const details = async (name: string, payload: unknown) => (await submit(name, payload)).body.errors;
  for (const name of ["zod", "zod/mini"])
    expect(await details(name, { to: "nobody", n: "3", sizes: [{}] })).toEqual([
      { pointer: "/payload/to", detail: "Invalid email address" },
      { pointer: "/payload/n", detail: "expected number, received string" },
      { pointer: "/payload/sizes/0/w~1h", detail: "required: number" },
    ]);
});

test("a task's input must be a schema", () => {
  const run = () => undefined;
  for (const input of [undefined, null, {}, () => true, { parse: () => 1 }, { "~standard": {} }])
    expect(() => indexTasks([{ name: "odd", input: input as never, run }])).toThrow(/^odd: input must be a schema of/);
});
