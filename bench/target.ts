import { table } from "./table.ts";

/** A target for speed or memory, and what was measured. */
export interface BenchTarget {
  what: string;
  measured: number;
  bound: number;
  /** Whether the bound is the least or the most that holds. */
  is: "least" | "most";
  unit: "×" | "%" | "bytes" | "ms";
}

/** Makes the table of targets, which says for each whether it holds. */
export function targetTable(targets: readonly BenchTarget[]): string {
  const rows = targets.map(({ what, measured, bound, is, unit }) => {
    const holds = is === "least" ? measured >= bound : measured <= bound;
    const digits = unit === "×" ? 2 : 0;
    const sign = is === "least" ? "≥" : "≤";
    return [what, `${sign} ${bound} ${unit}`, `${measured.toFixed(digits)} ${unit}`, holds ? "holds" : "does not"];
  });
  return table(["target", "bound", "measured", ""], rows);
}
