import { beforeEach, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import type { App } from "../../lib/app/app.ts";
import type { NewJob } from "../../lib/queue/job.ts";
import type { Ending } from "../../lib/queue/worker-queue.ts";
import { JobView } from "../../lib/routes/described/job-view.ts";
import { submit } from "../../lib/routes/submission.ts";
import { indexTasks } from "../../lib/tasks.ts";
import { apiKey, type Deployed, get, useApi } from "../support/api.ts";
import { job } from "../support/redis.ts";
import { claim, completed, failed, retry, settle } from "../support/verbs.ts";
import { startWorker, task, until } from "../support/worker.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  api.faults.reset();
  deployed = await api.deploy();
});

const status = async (id: string, query = "", headers = {}) => {
  const answer = await deployed.call(get(`/job-status/${id}${query}`, headers));
  if (answer.status === 200) z.parse(JobView, answer.body);
  return answer;
};
const submitted = async (more: Partial<NewJob> = {}) => {
  const made = job(more);
  await deployed.queue.submit([made]);
  return made;
};
const listed = async (headers = {}) => (await deployed.call(get("/jobs", headers))).body.jobs[0];

describe("the payload", () => {
  test.each([
    ["small", { to: "ada@example.com", "odd key": [1.5, null, "漢", { __proto: true }] }],
    ["with a key of its own", { text: "é".repeat(2_000) }],
    ["that is no object", [[], "", 0, false, null]],
    ["null", null],
  ])(
    "%s is shown in the job's status as it was given, for one command, and is not shown in lists",
    async (_, payload) => {
      const { id } = await submitted({ payload: JSON.stringify(payload) });
      const { result, total } = await api.commandsOf(() => status(id));
      expect(result.body.payload).toEqual(payload);
      expect(total).toBe(1);
      expect(await listed()).not.toHaveProperty("payload");
      for (const verb of ["cancel", "retry"]) {
        const changed = await deployed.call({ method: "POST", path: `/${verb}-job/${id}`, headers: {} });
        expect(changed.status).toBe(200);
        expect(changed.body).not.toHaveProperty("payload");
      }
    },
  );

  test("is not shown if none was given", async () => {
    expect((await status((await submitted()).id)).body).not.toHaveProperty("payload");
  });
});

/** Runs a job through three attempts that each log a line and fail. Returns its id. */
async function failedThrice(more: Partial<NewJob> = {}): Promise<string> {
  const made = await submitted(more);
  for (const n of [1, 2, 3]) {
    await claim(deployed.queue, { token: `w.${n}` });
    const ending = n < 3 ? retry(made, 0, `w.${n}`) : failed(made, `w.${n}`);
    const whole = {
      name: "Boom",
      message: "it broke\nagain",
      stack: `    at n${n}`,
      cause: { name: "E", message: "why" },
    };
    const log = [{ at: 1_000 * n, message: `line of ${n}`, fields: { n } }];
    await settle(deployed.queue, { ...ending, whole: JSON.stringify(whole), log: JSON.stringify(log) } as Ending);
  }
  return made.id;
}

test("every attempt shows its error's name and first line; the first and the last failure show all of it, with the log beside them", async () => {
  const id = await failedThrice({ payload: '{"a":1}' });
  const { result, total } = await api.commandsOf(() => status(id));
  const detail = (n: number) => ({
    name: "Boom",
    message: "it broke\nagain",
    stack: `    at n${n}`,
    cause: { name: "E", message: "why" },
  });
  const brief = { outcome: "failed", error: "Boom", message: "it broke" };
  expect(result.body).toMatchObject({
    error: "Boom: it broke",
    payload: { a: 1 },
    log: [{ at: "1970-01-01T00:00:03.000Z", message: "line of 3", fields: { n: 3 } }],
    attempts: [{ ...brief, detail: detail(1) }, brief, { ...brief, detail: detail(3) }],
  });
  expect(result.body.attempts[1]).not.toHaveProperty("detail");
  expect(total).toBe(1);
  const { text } = await deployed.call(get("/jobs"));
  expect(text).not.toMatch(/why|line of|again|at n/);
});

test("a wait polls only the record, and reads the rest once at the end", async () => {
  const { id } = await submitted({ payload: JSON.stringify("x".repeat(10_000)) });
  const looks = () => api.faults.seen.filter(({ verbs }) => verbs.includes("mget"));
  const answer = status(id, "?wait=25");
  await until(() => looks().length >= 3);
  await startWorker(deployed.queue, [task("note", () => "y".repeat(10_000))]).drain();
  expect((await answer).body).toMatchObject({
    status: "completed",
    payload: "x".repeat(10_000),
    result: "y".repeat(10_000),
  });
  const read = looks().map(({ body }) => /:(payload|result|error|log)"/.test(body));
  expect(read).toEqual([...Array.from({ length: read.length - 1 }, () => false), true]);
});

describe("a sensitive task's job", () => {
  const keys = {
    submit: apiKey("s", "submit"),
    reader: apiKey("r", "submit+read"),
    admin: apiKey("a", "admin"),
  };
  const secret = { sensitive: true, payload: '{"secret":"sesame"}' };

  /** Returns what a key sees in the status and in the list. */
  async function seen(id: string, headers: Record<string, string>) {
    return { ...(await status(id, "", headers)), list: await listed(headers) };
  }

  test.each(["failed", "completed", "running"])(
    "that %s shows its payload, result, log and messages only to an admin key",
    async (how) => {
      deployed = await api.deploy({
        API_KEYS: Object.values(keys)
          .map(({ entry }) => entry)
          .join(" "),
      });
      let id = "";
      if (how === "failed") {
        id = await failedThrice({ ...secret });
      } else {
        const made = await submitted({ ...secret });
        id = made.id;
        await claim(deployed.queue);
        await deployed.queue.step({ extend: [{ id, token: "w.1", progress: { percent: 5, note: "sesame" } }] });
        if (how === "completed") await settle(deployed.queue, completed(made, '"sesame"'));
      }
      const hidden = /sesame|broke|why|line of|at n\d/;
      const reader = await seen(id, keys.reader.headers);
      expect(reader.text + JSON.stringify(reader.list)).not.toMatch(hidden);
      for (const field of ["payload", "result", "log", "note"]) expect(reader.body).not.toHaveProperty(field);
      if (how === "failed") {
        expect(reader.body).toMatchObject({ error: "Boom", attempts: [{ error: "Boom" }, {}, {}] });
        expect(reader.list).toMatchObject({ error: "Boom" });
      }
      const admin = await seen(id, keys.admin.headers);
      expect(admin.body.payload).toEqual({ secret: "sesame" });
      if (how === "failed") {
        expect(admin.body).toMatchObject({ error: "Boom: it broke", log: [{ message: "line of 3" }] });
        expect(admin.body.attempts.at(-1).detail).toMatchObject({ cause: { message: "why" } });
        expect(admin.list).toMatchObject({ error: "Boom: it broke" });
      }
      if (how === "completed") expect(admin.body.result).toBe("sesame");
      if (how === "running") expect([admin.body.note, admin.list.note]).toEqual(["sesame", "sesame"]);
      expect(admin.headers.etag).not.toBe(reader.headers.etag);
    },
  );

  test("is shown in full if no key is needed", async () => {
    const { body } = await status(await failedThrice({ ...secret }));
    expect(body).toMatchObject({ payload: { secret: "sesame" }, error: "Boom: it broke", log: [{}] });
  });

  test("is sensitive if its task said so when it was submitted", async () => {
    const made: NewJob[] = [];
    const accept = async (jobs: NewJob[]) => made.push(...jobs) && { outcome: "accepted", wake: false };
    const queue = { submit: accept, clock: () => Date.now() };
    const parts = { queue, log: () => undefined, config: { metrics: false }, wake: async () => undefined };
    const tasks = indexTasks([{ ...task("secret", () => 1), sensitive: true }, task("open", () => 1)]);
    const requests = [{ task: "secret" }, { task: "open" }];
    const submission = {
      requests,
      body: {},
      idempotencyKey: undefined,
      caller: "",
      traceparent: undefined,
      at: () => "",
    };
    await submit(parts as unknown as App, tasks, submission);
    expect(made.map(({ sensitive }) => sensitive)).toEqual([true, undefined]);
  });
});

describe("Prefer: wait", () => {
  const keys = { submit: apiKey("s", "submit"), reader: apiKey("r", "submit+read") };
  const finishing = async (headers: object, ran: () => unknown) => {
    deployed = await api.deploy({
      API_KEYS: Object.values(keys)
        .map(({ entry }) => entry)
        .join(" "),
    });
    const body = JSON.stringify({ task: "note", payload: { to: "ada@example.com" }, max_retries: 0 });
    const answer = deployed.call({
      method: "POST",
      path: "/submit-job",
      headers: { ...headers, prefer: "wait=25" },
      body,
    });
    await until(async () => (await deployed.queue.stats()).ready.normal === 1);
    await startWorker(deployed.queue, [task("note", ran)]).drain();
    return answer;
  };

  test("shows a key without the scope read the status and the result, and nothing else", async () => {
    const { status: answered, body, headers } = await finishing(keys.submit.headers, () => ({ sent: true }));
    expect(answered).toBe(200);
    expect(body).toEqual({ job_id: expect.any(String), status: "completed", result: { sent: true } });
    expect(headers).toMatchObject({ location: `/job-status/${body.job_id}`, "preference-applied": "wait=25" });
  });

  test("shows such a key nothing of an error's message", async () => {
    const { body } = await finishing(keys.submit.headers, () => {
      throw new Error("words");
    });
    expect(body).toEqual({ job_id: expect.any(String), status: "failed" });
  });

  test("shows everything to a key that may read", async () => {
    const { body } = await finishing(keys.reader.headers, () => 1);
    expect(body).toMatchObject({ status: "completed", result: 1, payload: { to: "ada@example.com" }, attempts: [{}] });
  });
});
