import type { useGateway } from "./gateway.ts";

export const result = (value: unknown) => ({ status: 200, body: JSON.stringify({ result: value }) });
export const error = (message: string) => ({ status: 400, body: JSON.stringify({ error: message }) });

/** The answer to a command that Upstash does not run over REST. */
export const restricted = (name: string) =>
  error(`ERR Command "${name}" is not allowed in REST or it has a special context path`);

/** Returns a function that runs one command through the gateway, and returns the answer's status and body. */
export function runner({ ask }: Pick<ReturnType<typeof useGateway>, "ask">) {
  return async (...json: unknown[]): Promise<{ status: number; body: string }> => {
    const { status, body } = await ask("/", { json });
    return { status, body };
  };
}
