import { expect, test } from "vitest";
import { remembered } from "../../lib/remembered.ts";

function asked(answer: (times: number) => Promise<string>) {
  const clock = { now: 0, times: 0 };
  const ask = remembered(
    () => answer(++clock.times),
    5_000,
    () => clock.now,
  );
  return { clock, ask };
}

test("until its time is over every caller gets the same answer, and then a new one", async () => {
  const { clock, ask } = asked(async (times) => `answer ${times}`);
  const one = {};
  expect(await ask(one)).toBe("answer 1");
  clock.now = 4_999;
  expect(await ask(one)).toBe("answer 1");
  clock.now = 5_000;
  expect(await ask(one)).toBe("answer 2");
});

test("callers that arrive during the question wait for its answer, whose time begins when it arrives", async () => {
  let give = (_: string) => {};
  const { clock, ask } = asked(() => new Promise((resolve) => (give = resolve)));
  const one = {};
  const waiting = [ask(one), ask(one)];
  clock.now = 60_000;
  waiting.push(ask(one));
  give("late");
  expect(await Promise.all(waiting)).toEqual(["late", "late", "late"]);
  clock.now = 64_999;
  expect(await ask(one)).toBe("late");
  expect(clock.times).toBe(1);
});

test("an error is remembered like an answer", async () => {
  const { clock, ask } = asked(async (times) => {
    if (times === 1) throw new Error("out of reach");
    return "there again";
  });
  const one = {};
  await expect(ask(one)).rejects.toThrow("out of reach");
  clock.now = 4_999;
  await expect(ask(one)).rejects.toThrow("out of reach");
  clock.now = 5_000;
  expect(await ask(one)).toBe("there again");
});

test("each question has its own answer", async () => {
  const { ask } = asked(async (times) => `answer ${times}`);
  expect(await ask({})).toBe("answer 1");
  expect(await ask({})).toBe("answer 2");
});
