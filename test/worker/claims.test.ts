import { expect, it } from "vitest";
import { Claims } from "../../lib/claims.ts";
import type { Claimed } from "../../lib/queue/queue.ts";

const answer = (more: boolean): Claimed => ({ now: 0, jobs: [], more, wake: false, reclaimed: [], missing: [] });

/** Claims after so many quick batches that left others behind. */
function afterQuick(batches: number) {
  let tokens = 0;
  const claims = new Claims(() => `w.${++tokens}`);
  for (let i = 0; i < batches; i++) {
    claims.noteAnswer(claims.next(0, 10), answer(true));
    claims.noteBatch(true);
  }
  return claims;
}

it("the third quick batch in a row is a reason to look ahead", () => {
  expect(afterQuick(2).looksAhead).toBe(false);
  expect(afterQuick(3).looksAhead).toBe(true);
});

it("a batch that takes its time ends it", () => {
  const claims = afterQuick(3);
  claims.noteBatch(false);
  expect(claims.looksAhead).toBe(false);
});

it("so does an answer that is lost, and its claim is asked again before any other", () => {
  const claims = afterQuick(3);
  const lost = claims.next(0, 10);
  const other = claims.next(0, 10);
  claims.noteLost(lost);
  claims.noteAnswer(other, answer(true));
  expect(claims.looksAhead).toBe(false);
  expect(claims.isOwed).toBe(true);
  expect(claims.next(0, 10).token).toBe(lost.token);
});

it("so does the last job, once a claim that was alone has seen it go", () => {
  const claims = afterQuick(3);
  const [first, second] = [claims.next(0, 10), claims.next(0, 10)];
  claims.noteAnswer(second, answer(false));
  claims.noteAnswer(first, answer(false));
  expect(claims.isHungry).toBe(true);
  claims.noteAnswer(claims.next(0, 10), answer(false));
  expect(claims.isHungry).toBe(false);
  expect(claims.looksAhead).toBe(false);
});

it("a wake-up that a lost claim had taken for its own is the next one's", () => {
  const claims = afterQuick(0);
  const lost = claims.next(0, 10);
  expect(lost.arrived).toBe(true);
  claims.noteLost(lost);
  expect(claims.next(0, 10).arrived).toBe(true);
  expect(claims.next(0, 10).arrived).toBe(false);
});
