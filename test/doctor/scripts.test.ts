import { expect, test } from "vitest";
import { useDeployment } from "./deployment.ts";
import { examined } from "./examined.ts";

const deployment = useDeployment();
const { redis, sound } = deployment;

test.each([
  ["ERR max daily request limit exceeded. Limit: 10000", "submit fails: the plan's commands are used up"],
  ["ERR DB capacity quota exceeded. Limit: 256 MB", "submit fails: the database is full"],
  ["ERR Command is not available: 'EVALSHA'", "submit fails: this Redis lacks a command"],
  [
    "BUSY Redis is busy running a script.",
    "submit fails: a script does not end, and Redis answers nothing else meanwhile",
  ],
])("the doctor explains the refusal of a script with %s, and leaves nothing behind", async (error, line) => {
  const body = JSON.stringify({ error });
  deployment.faults.when(({ verbs: [verb] }) => (verb === "submit" ? { answer: 400, body } : undefined));
  const found = await examined(sound());
  expect(found.line("scripts")).toContain(`FAIL ${line}`);
  expect(found.exitCode).toBe(1);
  expect(await redis("DBSIZE")).toBe(0);
});

test("a script that answers otherwise than it should is named", async () => {
  deployment.faults.when(({ verbs: [verb] }) =>
    verb === "extend" ? { answer: 200, body: '{"result":["lost","lost"]}' } : undefined,
  );
  const found = await examined(sound());
  expect(found.line("scripts")).toBe("FAIL extend behaves differently than on a real Redis");
  expect(await redis("DBSIZE")).toBe(0);
});

test.each(["submit", "claim", "settle", "redrive", "trim"])(
  "a lost answer to %s leaves nothing behind",
  async (lost) => {
    deployment.faults.when(({ verbs: [verb] }) => (verb === lost ? "drop_reply" : undefined));
    const found = await examined(sound());
    expect(found.line("scripts")).toContain(`FAIL ${lost} fails`);
    expect(await redis("DBSIZE")).toBe(0);
  },
);

test("a doctor that is interrupted leaves nothing behind", async () => {
  const stop = new AbortController();
  deployment.faults.when(({ verbs: [verb] }) => {
    if (verb === "claim") stop.abort();
    return undefined;
  });
  const found = await examined(sound(), { stopped: stop.signal });
  expect(found.line("scripts")).toBe("FAIL stopped before extend");
  expect(await redis("DBSIZE")).toBe(0);
});

test("the doctor says which of its keys it could not delete", async () => {
  deployment.faults.when(({ verbs: [verb] }) => (verb === "UNLINK" ? "drop_request" : undefined));
  const found = await examined(sound());
  expect(found.line("clean-up")).toMatch(/^warn the doctor's own keys could not be deleted/);
  expect(found.fix("clean-up")).toMatch(/delete the keys that begin with \{doctor-[0-9a-f]{8}\}:/);
});
