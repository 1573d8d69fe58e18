import type { ProblemCode } from "../../../lib/errors.ts";
import type { Sent } from "../../support/request.ts";

type Caller = "admin" | "submit" | "read" | "nobody";
export type Way = "plain" | "base64" | "http";

/** For what serverless-offline refuses or changes by itself, and AWS does not. */
export const NOT_OFFLINE: Way[] = ["plain", "base64"];

/** A request that must be refused. */
export interface Bad extends Sent {
  what: string;
  /** Whose key the request has. Default: admin. */
  as?: Caller;
  /** The problem that the API answers with. "gateway": the gateway itself answers with a 4xx. */
  code: ProblemCode | "gateway";
  /** JSON Pointers of the faults. Default: none. */
  pointers?: string[];
  /** How to send it. Default: every way. */
  ways?: Way[];
}

export const UUID = "3f2b8c1e-0d4a-4b6f-9c1d-7e5a2f8b9c0d";
export const json = { "content-type": "application/json" };
export const MAIL = { task: "note" };

export type More = Partial<Pick<Bad, "as" | "pointers" | "ways" | "headers" | "base64">>;
export const get = (what: string, path: string, code: Bad["code"], more: More = {}): Bad => ({
  what,
  method: "GET",
  path,
  code,
  ...more,
});
export const raw = (what: string, body: string | Buffer, code: Bad["code"], more: More = {}): Bad => ({
  what,
  method: "POST",
  path: "/submit-job",
  body,
  code,
  headers: json,
  ...more,
});
export const submit = (what: string, body: unknown, code: Bad["code"], ...pointers: string[]): Bad =>
  raw(what, JSON.stringify(body), code, { pointers });
export const batch = (what: string, body: unknown, code: Bad["code"], ...pointers: string[]): Bad => ({
  ...submit(what, body, code, ...pointers),
  path: "/submit-jobs",
});
export const act = (
  what: string,
  path: string,
  code: Bad["code"],
  more: More & { body?: string; method?: string } = {},
): Bad => ({
  what,
  method: "POST",
  path,
  code,
  ...more,
});
export const forged = (...cursor: unknown[]) => Buffer.from(JSON.stringify(cursor)).toString("base64url");
