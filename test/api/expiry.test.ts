import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTestKit } from "wakeq/testing";
import * as z from "zod";
import { defineQueue, defineTask } from "../../lib/index.ts";
import { describeApi } from "../../lib/openapi/openapi.ts";
import { API_ROUTES } from "../../lib/routes/all.ts";
import { described } from "../../lib/routes/described/all.ts";
import { indexTasks } from "../../lib/tasks.ts";
import { type Deployed, get, post, useApi } from "../support/api.ts";

const api = useApi();
let deployed: Deployed;
beforeEach(async () => {
  deployed = await api.deploy();
});
afterEach(() => void vi.useRealTimers());

const FAULT = "the job would expire before it may run";
const instant = (inSeconds: number) => new Date(Date.now() + inSeconds * 1_000).toISOString();

test.each<[string, () => object, string]>([
  ["0", () => ({ expires_seconds: 0 }), ">0"],
  ["negative", () => ({ expires_seconds: -1 }), ">0"],
  ["NaN, which JSON writes as null", () => ({ expires_seconds: Number.NaN }), "expected number"],
  ["text", () => ({ expires_seconds: "60" }), "expected number"],
  ["more than a year", () => ({ expires_seconds: 31_536_001 }), "<=31536000"],
  ["the delay", () => ({ expires_seconds: 60, delay_seconds: 60 }), FAULT],
  ["less than the delay", () => ({ expires_seconds: 59.9, delay_seconds: 60 }), FAULT],
  ["less than the time until run_at", () => ({ expires_seconds: 60, run_at: instant(61) }), FAULT],
])("an expires_seconds that is %s is refused, and nothing is accepted", async (_, more, detail) => {
  const { status, body } = await deployed.call(post("/submit-job", { task: "note", ...more() }));
  const errors = [{ pointer: "/expires_seconds", detail: expect.stringContaining(detail) }];
  expect({ status, body }).toMatchObject({ status: 422, body: { code: "invalid_request", errors } });
  expect(await deployed.store.all()).toEqual({});
});

test.each<[string, () => object]>([
  ["a moment", () => ({ expires_seconds: 0.000_001 })],
  ["a year", () => ({ expires_seconds: 31_536_000 })],
  ["a little more than the delay", () => ({ expires_seconds: 60.001, delay_seconds: 60 })],
  ["longer than until run_at", () => ({ expires_seconds: 70, run_at: instant(60) })],
  ["a moment, of a run_at that has passed", () => ({ expires_seconds: 1, run_at: instant(-60) })],
])("an expires_seconds of %s is accepted, and the job shows when it ends", async (_, more) => {
  const { status, body } = await deployed.call(post("/submit-job", { task: "note", ...more() }));
  expect(status).toBe(202);
  const { body: shown } = await deployed.call(get(`/job-status/${body.job_id}`));
  const { expires_at } = (await deployed.store.record(body.job_id))!;
  expect(shown.expires_at).toBe(new Date(Number(expires_at)).toISOString());
});

test("a job that waits past its limit is shown as expired, in its status and in lists, until a worker has looked", async () => {
  const { body } = await deployed.call(post("/submit-job", { task: "note", expires_seconds: 5 }));
  const path = `/job-status/${body.job_id}`;
  expect((await deployed.call(get(path))).body).not.toHaveProperty("expired");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5_000 });
  expect((await deployed.call(get(path))).body).toMatchObject({ status: "pending", expired: true });
  expect((await deployed.call(get("/jobs"))).body.jobs).toMatchObject([{ status: "pending", expired: true }]);
});

const urgent = defineTask({ name: "urgent", input: z.unknown(), expiresSeconds: 60, run: () => "ran" });
const any = defineTask({ name: "any", input: z.unknown(), run: () => "ran" });

test("a task's own limit counts from when the job may run, and a submit may say otherwise", async () => {
  const queue = defineQueue({ tasks: [urgent, any], redis: { url: "http://127.0.0.1:1", token: "t" } });
  const kit = await createTestKit(queue);
  const delayed = await queue.submit(urgent, 1, { delaySeconds: 3_600 });
  const { id: longer } = await queue.submit(urgent, 1, { expiresSeconds: 7_200 });
  const { id: late } = await queue.submit(any, 1, { expiresSeconds: 30 });
  const { id: free } = await queue.submit(any, 1);
  const limitOf = async (id: string) => (await queue.status(id)).expiresAt?.getTime();
  expect(await limitOf(delayed.id)).toBe(kit.now() + 3_660_000);
  expect(await limitOf(longer)).toBe(kit.now() + 7_200_000);
  expect(await limitOf(late)).toBe(kit.now() + 30_000);
  expect(await limitOf(free)).toBeUndefined();
  await kit.advance("2h");
  expect(await queue.status(delayed.id)).toMatchObject({ status: "completed" });
  await kit.close();
});

test("in the kit a job that nobody ran in time fails with Expired, after months in a moment", async () => {
  const kit = await createTestKit([any]);
  const id = await kit.submit(any, 1, { delay: "90d", expires: "91d" });
  await kit.advance("90d");
  expect(await kit.job(id)).toMatchObject({ status: "completed" });
  const late = await kit.submit(any, 1, { expires: "30s" });
  await kit.crash(); // it held the job, and its lease ended: it may have begun
  await kit.advance("1m");
  expect(await kit.job(late)).toMatchObject({ status: "completed" });
  await expect(kit.submit(any, 1, { expires: "400d" })).rejects.toMatchObject({ code: "invalid_request" });
  await kit.close();
});

test("the description says what each task's limit is", () => {
  const document = describeApi(API_ROUTES, described, indexTasks([urgent, any])) as never as {
    components: { schemas: Record<string, { properties: Record<string, { description: string }> }> };
  };
  const of = (name: string) => document.components.schemas[name]!.properties.expires_seconds!;
  expect(of("UrgentRequest").description).toMatch(/Default: 60, from when the job may run$/);
  expect(of("AnyRequest").description).not.toMatch(/Default/);
});

test.each([0, -1, Number.NaN, 31_536_001])("a task's limit of %j is refused", (expiresSeconds) => {
  expect(() => indexTasks([{ ...any, expiresSeconds: expiresSeconds as number }])).toThrow(
    /any: expiresSeconds must be positive, and at most a year/,
  );
});
