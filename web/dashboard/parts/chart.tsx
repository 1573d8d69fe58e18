import { useState } from "preact/hooks";
import { topAbove, unitOf } from "../scale.ts";
import type { ShownBucket } from "../shapes.ts";
import { labelOf } from "../time.ts";

/** A row of values, one for each bucket; null where nothing is known. */
interface Series {
  name: string;
  /** The class that gives its colour. */
  tone: string;
  values: (number | null)[];
}

interface Props {
  title: string;
  buckets: readonly ShownBucket[];
  bucketSeconds: number;
  series: readonly Series[];
  /** Bars stand on each other, and count; lines do not, and are durations in ms. */
  kind: "bars" | "lines";
  write: (value: number) => string;
}

const WIDTH = 600;
const HEIGHT = 120;

/** A chart of buckets: drawn as SVG, so that it has the page's colours and stays sharp; with a table of the same numbers. */
export function Chart({ title, buckets, bucketSeconds, series, kind, write }: Props) {
  const [at, setAt] = useState<number>();
  const top = topOf(series, kind);
  const step = WIDTH / Math.max(1, buckets.length);
  const label = (i: number) => labelOf(buckets[i]?.at ?? new Date().toISOString(), bucketSeconds);
  const last = buckets.length - 1;
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <Legend series={series} at={at} write={write} label={at === undefined ? undefined : label(at)} />
      </figcaption>
      <div
        class="plot"
        onPointerMove={({ currentTarget, clientX }) => {
          const { left, width } = currentTarget.getBoundingClientRect();
          setAt(Math.min(last, Math.max(0, Math.floor(((clientX - left) / width) * buckets.length))));
        }}
        onPointerLeave={() => setAt(undefined)}
      >
        <span class="top">{top === 0 ? "" : write(top)}</span>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <path class="grid" d={`M0 0.5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`} />
          {kind === "bars" ? (
            <Bars series={series} top={top} step={step} />
          ) : (
            <Lines series={series} top={top} step={step} />
          )}
          {at !== undefined && <rect class="at" x={at * step} width={step} y={0} height={HEIGHT} />}
        </svg>
        <div class="axis">
          {[0, Math.floor(last / 2), last].map((i) => (
            <span>{label(Math.max(0, i))}</span>
          ))}
        </div>
      </div>
      <details class="numbers">
        <summary>
          As a table<span class="unseen">: {title}</span>
        </summary>
        <NumberTable series={series} count={buckets.length} label={label} write={write} />
      </details>
    </figure>
  );
}

function topOf(series: readonly Series[], kind: Props["kind"]): number {
  if (kind === "lines") {
    const largest = Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
    return topAbove(largest, unitOf(largest));
  }
  const count = series[0]?.values.length ?? 0;
  return topAbove(Math.max(0, ...Array.from({ length: count }, (_, i) => sumAt(series, i))));
}

const sumAt = (series: readonly Series[], i: number) => series.reduce((sum, { values }) => sum + (values[i] ?? 0), 0);

interface Drawn {
  series: readonly Series[];
  top: number;
  step: number;
}

function Bars({ series, top, step }: Drawn) {
  if (top === 0) return null;
  return (
    <>
      {series.map(({ tone, values }, s) => (
        <path
          class={`fill ${tone}`}
          d={values
            .map((value, i) => {
              if (!value) return "";
              const base = HEIGHT * (1 - sumAt(series.slice(0, s), i) / top);
              const height = Math.max(1, (HEIGHT * value) / top);
              return `M${i * step + step * 0.12} ${base}v${-height}h${step * 0.76}v${height}z`;
            })
            .join("")}
        />
      ))}
    </>
  );
}

/** A value between two gaps is drawn as a short dash: a line needs two. */
function Lines({ series, top, step }: Drawn) {
  const y = (value: number) => HEIGHT - 2 - ((HEIGHT - 4) * value) / Math.max(top, 1e-9);
  return (
    <>
      {series.map(({ tone, values }) => (
        <path
          class={`stroke ${tone}`}
          d={values
            .map((value, i) => {
              if (value === null) return "";
              const x = (i + 0.5) * step;
              const begins = (values[i - 1] ?? null) === null;
              const isAlone = begins && (values[i + 1] ?? null) === null;
              if (isAlone) return `M${x - step * 0.35} ${y(value)}h${step * 0.7}`;
              return `${begins ? "M" : "L"}${x} ${y(value)}`;
            })
            .join("")}
        />
      ))}
    </>
  );
}

type LegendProps = Pick<Props, "series" | "write"> & { at: number | undefined; label: string | undefined };

function Legend({ series, at, write, label }: LegendProps) {
  return (
    <p class="legend">
      {label !== undefined && <b>{label}</b>}
      {series.map(({ name, tone, values }) => (
        <span class={`key ${tone}`}>
          {name}
          {at !== undefined && <b> {writeOr(values[at], write)}</b>}
        </span>
      ))}
    </p>
  );
}

const writeOr = (value: number | null | undefined, write: Props["write"]) => (value == null ? "–" : write(value));

type TableProps = Pick<Props, "series" | "write"> & { count: number; label: (i: number) => string };

function NumberTable({ series, count, label, write }: TableProps) {
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            {series.map(({ name }) => (
              <th scope="col" class="number">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: count }, (_, i) => (
            <tr>
              <th scope="row">{label(i)}</th>
              {series.map(({ values }) => (
                <td class="number">{writeOr(values[i], write)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
