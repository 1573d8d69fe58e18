import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { SCRIPTS } from "./scripts.ts";

/** What happens to a request on its way to the gateway, or to its reply on the way back. */
export type Fault =
  /** The connection breaks, and the command never ran. */
  | "drop_request"
  /** The command ran, and the connection breaks before the first byte of the answer. */
  | "drop_reply"
  /** The command ran, and the connection breaks in the middle of the answer's body. */
  | "cut_reply"
  /** The command runs twice, and the second answer is returned. */
  | "double"
  /** Something else answers, and the command never ran. */
  | { answer: number; body?: string }
  /** Awaited before the request goes on to the gateway. */
  | { before: Promise<unknown> }
  /** Awaited when the answer has arrived. */
  | { after: Promise<unknown> };

interface Seen {
  /** The number of the request, counted from 1 since the last `reset`. */
  n: number;
  /** The scripts that the request runs, in order: `["settle", "claim"]`. */
  verbs: string[];
  body: string;
}

/** Decides what happens to a request. */
export type Rule = (request: Seen) => Fault | undefined;

export interface Faults {
  readonly url: string;
  /** Every request since the last `reset`, unless the proxy was started to remember none. */
  readonly seen: Seen[];
  when(rule: Rule): void;
  /** Forgets what was seen, and makes no more faults. */
  reset(): void;
  stop(): Promise<void>;
}

const verbOf = new Map(Object.values(SCRIPTS).flatMap(({ name, sha, text }) => [[sha, name] as const, [text, name]]));

/** A fault of only the n-th request, counted from 1. */
export function onCall(n: number, fault: Fault): Rule {
  return (request) => (request.n === n ? fault : undefined);
}

/** Random faults (each 0 to 1, together at most 1), in the same order for the same numbers. */
export function byChance(
  random: () => number,
  faults: readonly (readonly [chance: number, make: () => Fault])[],
): Rule {
  return () => {
    let drawn = random();
    for (const [chance, make] of faults) {
      if (drawn < chance) return make();
      drawn -= chance;
    }
    return undefined;
  };
}

/** Starts a proxy in front of the gateway that makes the faults of a bad day. */
export async function startFaults(target: string, { remembers = true } = {}): Promise<Faults> {
  const seen: Seen[] = [];
  let requests = 0;
  let rule: Rule = () => undefined;
  const agent = new http.Agent({ keepAlive: true });

  const server = http.createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });

  async function serve(request: http.IncomingMessage, response: http.ServerResponse) {
    const body = await read(request);
    const one = { n: ++requests, verbs: verbsOf(body), body };
    if (remembers) seen.push(one);
    const fault = rule(one);
    if (fault === "drop_request") return void response.destroy();
    if (typeof fault === "object" && "answer" in fault) return answer(response, fault.answer, {}, fault.body ?? "");
    if (typeof fault === "object" && "before" in fault) await fault.before;
    let reply = await forward(request, body);
    if (fault === "double") reply = await forward(request, body);
    if (typeof fault === "object" && "after" in fault) await fault.after;
    if (fault === "drop_reply") return void response.destroy();
    if (fault === "cut_reply") {
      response.writeHead(reply.status, { ...reply.headers, "content-length": Buffer.byteLength(reply.body) });
      response.write(reply.body.slice(0, -1), () => response.destroy());
      return;
    }
    answer(response, reply.status, reply.headers, reply.body);
  }

  async function forward({ method, url, headers }: http.IncomingMessage, body: string) {
    const sent = http.request(new URL(url ?? "/", target), { agent, method: method ?? "POST", headers });
    const reply = await new Promise<http.IncomingMessage>((resolve, reject) => {
      sent.on("response", resolve).on("error", reject).end(body);
    });
    return { status: reply.statusCode ?? 0, headers: reply.headers, body: await read(reply) };
  }

  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    when(next) {
      rule = next;
    },
    reset() {
      seen.length = 0;
      requests = 0;
      rule = () => undefined;
    },
    async stop() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: http.ServerResponse, status: number, headers: http.IncomingHttpHeaders, body: string) {
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

async function read(message: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function verbsOf(body: string): string[] {
  const command = JSON.parse(body) as unknown[];
  const commands = (Array.isArray(command[0]) ? command : [command]) as unknown[][];
  return commands.map(([name, code]) => verbOf.get(String(code)) ?? String(name));
}
