import type { Caller } from "../config/scopes.ts";

/** A request, whatever carried it. The adapters make it: of an API Gateway event, of Node's streams, of a `Request`. */
export interface ApiRequest {
  method: string;
  /** As it was sent, without the query and without `base`. */
  path: string;
  /** The path under which the API is mounted in an application, such as `/queue`. Absent: none. */
  base?: string;
  /** Decoded. A parameter that came several times is joined with commas. */
  query: HeaderFields;
  /** Names in lower case. A header that came several times is joined with commas. */
  headers: HeaderFields;
  /** Absent where it has not been read. */
  body?: Uint8Array;
  /** The platform's name for this request, for the log. */
  requestId?: string;
  /** The address of the machine that sent it, where a server knows: "unknown" where the connection has ended. */
  remoteAddress?: string;
  /** Who calls, where that is known already: the application itself needs no key. */
  caller?: Caller;
}

/** Texts by name: header fields, or the parameters of a query or a path. */
export type HeaderFields = Record<string, string>;
