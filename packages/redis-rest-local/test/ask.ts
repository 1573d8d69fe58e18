/** The gateway's answer to a request. */
interface Answered {
  readonly status: number;
  /** The body as text, exactly as it arrived. */
  readonly body: string;
  readonly headers: Headers;
}

export type Ask = (path: string, init?: RequestInit & { json?: unknown }) => Promise<Answered>;

/** Sends requests to a gateway with its token. `json` is a body: it is sent as JSON, in a POST. */
export function asking(gateway: { url: string; token: string }): Ask {
  return async (path, { json, ...init } = {}) => {
    const response = await fetch(gateway.url + path, {
      ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
      ...init,
      headers: { authorization: `Bearer ${gateway.token}`, ...(init.headers as Record<string, string>) },
    });
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
}
