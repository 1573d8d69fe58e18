/** Limits on the memory that clients cost before it is known who they are. */
export interface HttpLimits {
  /** How many may be open; a further one is closed. */
  connections: number;
  /** How long the headers of a request may take to arrive. */
  headersMs: number;
  /** How long the whole request may take to arrive. */
  requestMs: number;
  /** How often that is checked. */
  checkMs: number;
}

/** The limits of our servers, unless a test sets others. */
export const HTTP_LIMITS: HttpLimits = { connections: 1_000, headersMs: 10_000, requestMs: 30_000, checkMs: 2_000 };

/** Turns limits into Node's options for a server. */
export function serverOptions({ headersMs, requestMs, checkMs }: HttpLimits) {
  return { headersTimeout: headersMs, requestTimeout: requestMs, connectionsCheckingInterval: checkMs };
}
