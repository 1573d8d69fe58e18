import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type LoadReport, runLoad } from "../test/load/load.ts";
import { table } from "./table.ts";

const PER_SECOND = 200;
const SECONDS = 30;
const WARM_UP = 40;

/**
 * Puts the whole stack of `npm start` under 200 submits a second for 30 s. Each is a request of its own, sent when it is due,
 * whether or not earlier ones were answered. It runs once with jobs that end immediately, and once with jobs that take half
 * a second, for which five workers are too few.
 */
export async function load(): Promise<undefined> {
  const target = createServer((request, response) => void request.resume().once("end", () => response.end("done")));
  target.listen(0, "127.0.0.1");
  await new Promise((resolve) => target.once("listening", resolve));
  const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`;
  try {
    const rows: string[][] = [];
    for (const [name, body] of [
      ["a call, a few ms", { task: "call", payload: { url } }],
      ["a wait of 0.5 s", { task: "wait", payload: { ms: 500 } }],
    ] as const)
      rows.push([name, ...rowOf(await runLoad({ perSecond: PER_SECOND, seconds: SECONDS, warmUp: WARM_UP, body }))]);
    console.log(table(HEAD, rows));
  } finally {
    target.close();
  }
}

const HEAD = [
  ...["200 submits/s for 30 s", "accepted", "refused", "resent", "completed", "lost", "run twice", "drained after s"],
  ...["worker invocations", "at the same time", "submit p50 ms", "p99", "max", "status p50 ms", "p99", "max"],
];

function rowOf(report: LoadReport): string[] {
  const { accepted, refused, resent, completed, lost, repeated, drainMs, workers, submitMs, statusMs } = report;
  const of = (ms: number[]) => [0.5, 0.99, 1].map((share) => ms[Math.ceil(share * ms.length) - 1]!.toFixed(1));
  const refusals = Object.entries(refused).map(([why, n]) => `${n} × ${why}`);
  return [
    ...[
      String(accepted),
      refusals.join(", ") || "0",
      String(resent),
      String(completed),
      String(lost),
      String(repeated),
    ],
    ...[(drainMs / 1_000).toFixed(1), String(workers.invocations), String(workers.atOnce)],
    ...[...of(submitMs), ...of(statusMs)],
  ];
}
