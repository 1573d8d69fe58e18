import { randomUUID } from "node:crypto";
import type { Job } from "../queue/job.ts";

/** Version `ff` and ids of zeros alone are invalid; only a version after `00` may have more behind the flags. */
const TRACEPARENT = /^(?!ff|00.{54}|...0{32}|.{36}0{16})[\da-f]{2}-([\da-f]{32}-[\da-f]{16})-([\da-f]{2})(?![^-])/;

/**
 * Reads a `traceparent` as version 00, the one that we know, with the flags that are defined: sampled, random. Undefined where it
 * must be ignored (https://www.w3.org/TR/trace-context-2/#versioning-of-traceparent).
 */
export function traceparentOf(header = ""): string | undefined {
  const [, ids, flags] = TRACEPARENT.exec(header) ?? [];
  return ids && `00-${ids}-0${Number(`0x${flags}`) & 3}`;
}

/** Where an attempt stands in a trace. Ids in lower-case hex. */
export interface Trace {
  traceId: string;
  /** The span of the attempt. */
  spanId: string;
  /** What caused the attempt: the submit where spans are exported, else the request that submitted. */
  parentId: string;
  /** The header to hand on: the attempt as the parent of what it calls. */
  traceparent: string;
  sampled: boolean;
}

/**
 * Gives the trace of a job's attempt: the one that its submit came with. A job that came without one has none, unless spans are
 * `exported`: then it begins one, whose id is the job's own.
 */
export function traceOf(job: Job, exported = false): Trace | undefined {
  const given = job.traceparent && traceparentOf(job.traceparent);
  if (!given && !exported) return undefined;
  const [, traceId, requestId, flags] = (given || `00-${job.id.replaceAll("-", "")}--01`).split("-") as string[];
  const sampled = (Number(flags) & 1) === 1;
  const spanId = spanIdOf(randomUUID());
  const parentId = exported && sampled ? spanIdOf(job.id) : requestId!;
  return { traceId: traceId!, spanId, parentId, traceparent: `00-${traceId}-${spanId}-${flags}`, sampled };
}

/** Takes a UUID's last eight bytes, which are never zero. Those of a job's id name the span of its submit. */
export function spanIdOf(uuid: string): string {
  return uuid.replaceAll("-", "").slice(16);
}
