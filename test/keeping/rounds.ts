import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { canFill } from "./disk.ts";
import { type Life, STRIKES, type Store, type Strike } from "./keeping.ts";

/** The seed. `KEEPING_SEED` repeats a run. */
export const SEED = Number(process.env.KEEPING_SEED ?? Date.now() % 1_000_000);

export const stores: Store[] = process.env.TEST_STORE === "embedded" ? ["embedded"] : ["redis", "embedded"];

/** Whether a terminal can be opened and closed by util-linux' `script`. In CI it must be possible. */
export const hasTerminals = process.env.CI !== undefined || spawnSync("script", ["--version"]).status === 0;

const POSSIBLE = STRIKES.filter((strike) => canFill || !strike.startsWith("fill"));

/** Every strike that this machine can do, `times` times, in random order. */
export function strikesFor(times: number, random: () => number): Strike[] {
  return Array.from({ length: times }, () => POSSIBLE)
    .flat()
    .map((strike) => ({ strike, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ strike }) => strike);
}

/** Expects that no accepted job was missing in any life, and that each process said truthfully whether its jobs are kept. */
export function check(lives: readonly Life[], store: Store): void {
  const accepted = lives.reduce((sum, life) => sum + life.accepted, 0);
  console.log(`seed ${SEED}, ${store}: ${lives.length} lives, ${accepted} jobs accepted`);
  for (const life of lives) {
    expect(life.accepted, life.strike).toBeGreaterThan(0);
    expect({ strike: life.strike, missing: life.missing }, `seed ${SEED}`).toEqual({
      strike: life.strike,
      missing: [],
    });
    if (!life.strike.includes("kill")) expect(life.inOrder, life.strike).toBe(true);
    const kept = life.strike === "fill the disk, then make room and end";
    const lost = life.strike === "fill the disk, then end";
    if (kept) expect(life.output).toContain("jobs are kept for the next start");
    if (lost) expect(life.output).toContain("Changes that were refused since then are lost");
    if (lost) expect(life.output).not.toContain("jobs are kept");
  }
}
