/** What a request to the gateway came to. */
interface Answered {
  readonly status: number;
  /** Text, as it stood in the answer. */
  readonly body: string;
  readonly headers: Headers;
}

export type Ask = (path: string, init?: RequestInit & { json?: unknown }) => Promise<Answered>;

/** Sends requests to a gateway with its token; `json` is a body, written as JSON, and makes it a POST. */
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
