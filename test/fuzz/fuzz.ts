import fc from "fast-check";
import { KNOWN_ID } from "./requests.ts";
import { type Answer, type Request, send } from "./send.ts";

/** A way into the system. */
export interface Way {
  readonly url: string;
  readonly requests: fc.Arbitrary<Request>;
  /** Whether an answer says that the request was refused. */
  refused(answer: Answer): boolean;
  /** Whether a 5xx is not our fault: a server that we did not write fails where it should refuse. */
  readonly excuses?: (request: Request, answer: Answer) => boolean;
  /** How many writes the store has seen. */
  changes(): Promise<number>;
  /** The contents of the store once it is quiet: the same text if nothing was written. */
  contents(): Promise<string>;
  /** Empties the store, so that reading it stays cheap. */
  clear(): Promise<void>;
  /** Memory of the process that answers. */
  memoryBytes(): Promise<number>;
}

export interface Report {
  refused: number;
  accepted: number;
  /** Connections that ended without an answer to a damaged request, or to one with a large body. */
  unanswered: number;
  /** How much memory the second half of the requests took. */
  grownBytes: number;
}

const AT_ONCE = 250;
const IDS_KEPT = 100;
/** A server need not read this much of a request that it refuses: it may cut the connection, and lose its answer. */
const LARGE_BYTES = 64 * 1024;

/**
 * Sends requests one after another, the same for the same seed. Fails at the first that gets a 5xx or no answer in time,
 * and at the first that was refused although it has written.
 */
export async function fuzz(way: Way, count: number, seed: number, limitMs: number): Promise<Report> {
  const ids: string[] = [];
  let changes = 0;
  let contents = "";
  const report: Report = { refused: 0, accepted: 0, unanswered: 0, grownBytes: 0 };

  async function tryOne(request: Request): Promise<void> {
    const answer = await send(way.url, request, limitMs);
    if (answer.status >= 500 && !way.excuses?.(request, answer)) throw new Error(answer.text);
    const mayBeCutOff = request.damage !== undefined || request.body.length > LARGE_BYTES;
    if (answer.status === 0 && !mayBeCutOff) throw new Error("the connection ended without an answer");
    const isRefused = answer.status >= 400 || (answer.status > 0 && way.refused(answer));
    if (answer.status === 0) report.unanswered++;
    else report[isRefused ? "refused" : "accepted"]++;
    for (const [, id] of answer.text.matchAll(/"job_id":"([0-9a-f-]{36})"/g)) ids.push(id!);
    ids.splice(0, ids.length - IDS_KEPT);
    if ((await way.changes()) === changes) return;
    const now = await way.contents();
    if (isRefused && now !== contents)
      throw new Error(`refused, and wrote ${difference(contents, now)}: ${answer.text}`);
    [changes, contents] = [await way.changes(), now];
  }

  let before = 0;
  let requests: Request[] = [];
  for (let sent = 0; sent < count; sent++) {
    const at = sent % AT_ONCE;
    if (at === 0) {
      await way.clear();
      ids.length = 0;
      [changes, contents] = [await way.changes(), await way.contents()];
      requests = fc.sample(way.requests, { numRuns: AT_ONCE, seed: seed + sent });
    }
    if (sent === Math.floor(count / 2)) before = await way.memoryBytes();
    const given = requests[at]!;
    const request = { ...given, target: given.target.replace(KNOWN_ID, ids[sent % (ids.length || 1)] ?? KNOWN_ID) };
    await tryOne(request).catch((cause: Error) => {
      const { body, damage, ...shown } = request;
      const text = JSON.stringify({
        ...shown,
        body: body.toString("latin1").slice(0, 1_000),
        damaged: damage !== undefined,
      });
      throw new Error(`request ${sent} of seed ${seed}: ${cause.message}\n${text}`, { cause });
    });
  }
  report.grownBytes = (await way.memoryBytes()) - before;
  return report;
}

/** The place where two texts first differ, with its surroundings. */
function difference(before: string, after: string): string {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at++;
  const around = (text: string) => text.slice(Math.max(0, at - 300), at + 300);
  return `${around(before)} => ${around(after)}`;
}
