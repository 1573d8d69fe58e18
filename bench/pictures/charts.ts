import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** A row of a table of figures: what was measured, and a value for each column. NaN: the column has none. */
interface ChartRow {
  name: string;
  values: number[];
  /** The figures as the table writes them. */
  texts: string[];
}

/** A group of bars, one for each library. */
export interface ChartTable {
  columns: string[];
  rows: ChartRow[];
}

interface Look {
  text: string;
  faint: string;
  bars: readonly string[];
}

/** The colours of a chart, on a light page and on a dark one. */
export const LOOKS: Record<"light" | "dark", Look> = {
  light: { text: "#1f2328", faint: "#59636e", bars: ["#c4cbd3", "#9aa4af", "#1a7f5a"] },
  dark: { text: "#f0f6fc", faint: "#9198a1", bars: ["#3d444d", "#656c76", "#3fb98a"] },
};

/** Draws the figures of README's table of peers, light and dark: `bench-light.svg` and `bench-dark.svg`. */
export async function drawCharts(readme: string, folder: string): Promise<string[]> {
  const peers = tableIn(await readFile(readme, "utf8"), "100 jobs at once");
  await mkdir(folder, { recursive: true });
  return Promise.all(
    Object.entries(LOOKS).map(async ([name, look]) => {
      const file = join(folder, `bench-${name}.svg`);
      await writeFile(file, chartOf({ columns: peers.columns.slice(0, 3), rows: peers.rows }, look));
      return file;
    }),
  );
}

/** Reads the table whose first column is headed so. @throws Error where there is none */
export function tableIn(markdown: string, heading: string): ChartTable {
  const lines = markdown.split("\n");
  const at = lines.findIndex((line) => line.startsWith(`| ${heading}`));
  if (at < 0) throw new Error(`README has no table "${heading}"`);
  const cellsOf = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const end = lines.findIndex((line, i) => i > at && !line.startsWith("|"));
  const rows = lines.slice(at + 2, end).map((line): ChartRow => {
    const [name = "", ...texts] = cellsOf(line);
    return { name, texts, values: texts.map((text) => Number.parseFloat(text.replaceAll(",", ""))) };
  });
  return { columns: cellsOf(lines[at]!).slice(1), rows };
}

const WIDTH = 840;
const LABELS = 300;
const BAR = 12;
const GAP = 26;

/** Draws each row as a group of bars, the longest of a group as wide as there is room. */
export function chartOf({ columns, rows }: ChartTable, look: Look): string {
  const groupHeight = columns.length * (BAR + 3) + GAP;
  const height = 40 + rows.length * groupHeight;
  const parts = columns.map((column, i) => {
    const x = LABELS + i * 150;
    return `<rect x="${x}" y="8" width="12" height="12" rx="2" fill="${look.bars[i]}"/>${text(x + 18, 18, column, look.text)}`;
  });
  for (const [row, { name, values, texts }] of rows.entries()) {
    const top = 40 + row * groupHeight;
    const most = Math.max(...values.slice(0, columns.length).filter(Number.isFinite));
    parts.push(text(0, top + groupHeight / 2 - GAP / 2 + 4, name, look.text));
    for (const i of columns.keys()) {
      const value = values[i]!;
      const y = top + i * (BAR + 3);
      const width = Math.max(2, ((WIDTH - LABELS - 90) * value) / most);
      parts.push(
        `<rect x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" fill="${look.bars[i]}"/>`,
      );
      parts.push(text(LABELS + width + 8, y + BAR - 2, texts[i]!, i === columns.length - 1 ? look.text : look.faint));
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="wakeq beside BullMQ and bee-queue" font-family="system-ui, sans-serif" font-size="13">${parts.join("")}</svg>\n`;
}

function text(x: number, y: number, words: string, fill: string): string {
  const safe = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${fill}">${safe}</text>`;
}
