import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, expect, test, vi } from "vitest";
import * as z from "zod/mini";
import { describeApi } from "../../lib/openapi/openapi.ts";
import { described } from "../../lib/routes/described/all.ts";
import { defineTask, forCallers, indexTasks } from "../../lib/tasks.ts";
import { get, post, useApi } from "../support/api.ts";
import { routes } from "../support/routes.ts";
import { startWorker } from "../support/worker.ts";

const inner = defineTask({
  name: "inner",
  internal: true,
  input: z.object({ n: z.number() }),
  run: ({ input }) => input.n,
});
const outer = defineTask({
  name: "outer",
  input: z.unknown(),
  run: ({ submit }) => submit(inner, { n: 3 }),
});
const list = [outer, inner];
vi.doMock("../../tasks/index.ts", () => ({ taskList: list, tasks: indexTasks(list) }));
afterAll(() => vi.doUnmock("../../tasks/index.ts"));
const api = useApi();

const payload = { n: 1 };
test.each([
  ["/submit-job", { task: "inner", payload }, "/task"],
  ["/submit-jobs", { jobs: [{ task: "outer" }, { task: "inner", payload }] }, "/jobs/1/task"],
])("%s refuses an internal task as unknown", async (path, body, pointer) => {
  const deployed = await api.deploy();
  const refused = await deployed.call(post(path, body));
  expect(refused).toMatchObject({ status: 422, body: { code: "unknown_task", errors: [{ pointer }] } });
  expect(refused.body.errors[0].detail).toBe('there is no task "inner"; there are: outer');
  expect(await deployed.store.all()).toEqual({});
});

test("no description mentions an internal task", async () => {
  const deployed = await api.deploy();
  const { text } = await deployed.call(get("/openapi.json"));
  expect(text).toContain("outer");
  expect(text).not.toMatch(/inner/i);
});

test("another task can submit an internal task", async () => {
  const { queue, call } = await api.deploy();
  const { body } = await call(post("/submit-job", { task: "outer" }));
  const worker = startWorker(queue, list);
  await worker.drain();
  await worker.drain();
  const { result } = (await queue.status(body.job_id))!;
  expect((await queue.status(JSON.parse(result!)))!).toMatchObject({ job: { status: "completed" }, result: "3" });
});

test("a deployment that offers callers no task still has a description, and says so there", async () => {
  const none = forCallers(indexTasks([inner]));
  const document = JSON.parse(JSON.stringify(describeApi(Object.values(routes), described, none)));
  expect(await new Validator().validate(document)).toEqual({ valid: true });
  const { newJob } = await import("../../lib/jobs/new-job.ts");
  expect(newJob("id", { task: "inner" }, none, "")).toMatchObject({
    message: 'there is no task "inner"; there are: none',
  });
});
