/** What bounds the memory that clients cost before it is known who they are. */
export interface HttpLimits {
  /** Open at a time; a further one is closed. */
  connections: number;
  /** Headers must have arrived by then, and the whole request by `requestMs`. */
  headersMs: number;
  requestMs: number;
  /** How often that is checked. */
  checkMs: number;
}

export const HTTP_LIMITS: HttpLimits = { connections: 1_000, headersMs: 10_000, requestMs: 30_000, checkMs: 2_000 };

/** The same as Node's options of a server. */
export function serverOptions({ headersMs, requestMs, checkMs }: HttpLimits) {
  return { headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: checkMs };
}
