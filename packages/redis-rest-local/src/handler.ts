import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { answerJson, answerResp2, type Encoding, errorJson, replyBytes } from "./answer.ts";
import { type Backend, type RedisReply, ReplyError } from "./backend.ts";
import { commandOfPath, decodePercent, parseBatch, parseCommand } from "./commands.ts";
import { refusalOf } from "./door.ts";
import { serveEvents } from "./event-stream.ts";
import { Executor, OutOfReach } from "./executor.ts";
import { readBody, splitTarget, tokenOf } from "./http-request.ts";
import { refusedToReaders } from "./read-only.ts";
import { isSameToken } from "./token.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT"];
const STREAMS = ["subscribe", "psubscribe", "monitor"];
const DEFAULT_LIMIT_BYTES = 10 * 1024 * 1024;

/** How to write the answer. */
interface AnswerForm {
  readonly encoding: Encoding;
  readonly resp2: boolean;
}

interface HttpAnswer {
  readonly status: number;
  readonly body: string | Buffer;
}

/** A request that may be answered: its token is known, and its size is within the limit. */
interface AdmittedRequest {
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly readOnly: boolean;
}

/** What requests are answered with. */
export interface GatewayHandlerOptions {
  readonly backend: Backend;
  readonly token: string;
  /** Names that it is called by besides this machine's loopback ones, in lower case. "any": whichever. Default: none. */
  readonly hosts?: readonly string[] | "any";
  /** May read, without SCAN and KEYS. */
  readonly readOnlyToken?: string;
  /** Limit of a request's body and of one command's result. Default 10 MiB, as on Upstash' smaller plans. */
  readonly maxRequestBytes?: number;
  /** Hold scripts with `allow-key-locking` to the keys they declare. Default true; costs a script some microseconds. */
  readonly checkKeys?: boolean;
}

/** Answers requests: authorizes them, finds what they ask for, has it run and writes the answer. */
export class GatewayHandler {
  private readonly options: GatewayHandlerOptions;
  private readonly limit: number;
  private readonly executor: Executor;
  private answers = 0;

  constructor(options: GatewayHandlerOptions) {
    this.options = options;
    this.limit = options.maxRequestBytes ?? DEFAULT_LIMIT_BYTES;
    this.executor = new Executor(options.backend, options.checkKeys ?? true);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = await this.answer(request, response);
      if (answer) this.write(response, answer);
    } catch (error) {
      if (response.headersSent || response.destroyed) response.destroy();
      else this.write(response, faultOf(error as Error));
    }
  }

  /** Makes the answer. Returns undefined if it is a stream of events, which has already begun. */
  private async answer(request: IncomingMessage, response: ServerResponse): Promise<HttpAnswer | undefined> {
    const refusal = refusalOf(request.headers, this.options.hosts ?? []);
    if (refusal !== undefined) {
      request.resume();
      response.setHeader("cache-control", "no-store");
      return failure(403, refusal);
    }
    const body = await readBody(request, this.limit);
    const { method = "", headers, url = "/" } = request;
    if (!METHODS.includes(method)) return failure(405, `ERR method not allowed: ${method}`);
    const { path, query } = splitTarget(url);
    const rights = this.rightsOf(tokenOf(request, query));
    if (rights === "none") return failure(401, "WRONGPASS invalid or missing auth token");
    if (!Buffer.isBuffer(body)) return failure(413, this.tooLarge(body.bytes));
    return this.route({ path, query, headers, body, readOnly: rights === "read" }, response);
  }

  private route(question: AdmittedRequest, response: ServerResponse): Promise<HttpAnswer | undefined> {
    const { path } = question;
    if (path === "/pipeline") return this.pipeline(question);
    if (path === "/multi-exec") return this.transaction(question);
    if (STREAMS.includes(path.split("/", 2)[1]!)) return this.events(question, response);
    return this.command(question);
  }

  private async command({ path, query, headers, body, readOnly }: AdmittedRequest): Promise<HttpAnswer> {
    const form = formOf(headers);
    if (form instanceof ReplyError) return failure(400, form.message);
    const command = path === "/" ? parseCommand(body) : commandOfPath(path, query, body);
    const reply = await this.executor.run(command, readOnly);
    return { status: reply instanceof ReplyError ? 400 : 200, body: written(this.limited(reply), form) };
  }

  private async pipeline({ headers, body, readOnly }: AdmittedRequest): Promise<HttpAnswer> {
    const form = formOf(headers);
    if (form instanceof ReplyError) return failure(400, form.message);
    const commands = parseBatch(body, "pipeline");
    if (commands instanceof ReplyError) return failure(400, commands.message);
    const replies = await this.executor.runAll(commands, readOnly);
    return { status: 200, body: allWritten(replies.map(this.limited), form) };
  }

  private async transaction({ headers, body, readOnly }: AdmittedRequest): Promise<HttpAnswer> {
    const commands = parseBatch(body, "transaction");
    if (commands instanceof ReplyError) return failure(400, commands.message);
    const replies = await this.executor.runAtomically(commands, readOnly);
    if (replies instanceof ReplyError) return failure(400, replies.message);
    const form: AnswerForm = { encoding: encodingOf(headers), resp2: false };
    return { status: 200, body: allWritten(replies.map(this.limited), form) };
  }

  private async events({ path, readOnly }: AdmittedRequest, response: ServerResponse): Promise<HttpAnswer | undefined> {
    const [name = "", ...channels] = path.slice(1).split("/").map(decodePercent);
    const refusal = readOnly ? refusedToReaders(String(name).toUpperCase()) : undefined;
    const error = refusal ?? (await serveEvents(this.executor, [name, ...channels], response));
    return error && failure(400, error.message);
  }

  private rightsOf(token: string): "all" | "read" | "none" {
    if (isSameToken(token, this.options.token)) return "all";
    return isSameToken(token, this.options.readOnlyToken) ? "read" : "none";
  }

  /** Returns the reply, or an error if it is too large to be sent. */
  private readonly limited = (reply: RedisReply): RedisReply => {
    if (!Array.isArray(reply) && !Buffer.isBuffer(reply)) return reply;
    const bytes = replyBytes(reply);
    return bytes > this.limit ? new ReplyError(this.tooLarge(bytes)) : reply;
  };

  private tooLarge(bytes: number): string {
    const page = "https://upstash.com/docs/redis/troubleshooting/max_request_size_exceeded";
    return `ERR max request size exceeded. Limit: ${this.limit} bytes, Actual: ${bytes} bytes. See ${page} for details`;
  }

  private write(response: ServerResponse, { status, body }: HttpAnswer): void {
    response.writeHead(status, {
      "content-type": typeof body === "string" ? "application/json" : "application/octet-stream",
      "content-length": Buffer.byteLength(body),
      "upstash-sync-token": `local=${++this.answers}`,
    });
    response.end(body);
  }
}

function formOf(headers: IncomingHttpHeaders): AnswerForm | ReplyError {
  const format = headers["upstash-response-format"] ?? "json";
  const encoding = encodingOf(headers);
  if (format === "json") return { encoding, resp2: false };
  if (format !== "resp2") return new ReplyError("ERR unknown response format: json or resp2");
  if (encoding === "base64") return new ReplyError("ERR base64 does not go with the response format resp2");
  return { encoding, resp2: true };
}

function encodingOf(headers: IncomingHttpHeaders): Encoding {
  return headers["upstash-encoding"] === "base64" ? "base64" : "plain";
}

function written(reply: RedisReply, { encoding, resp2 }: AnswerForm): string | Buffer {
  return resp2 ? answerResp2(reply) : answerJson(reply, encoding);
}

function allWritten(replies: readonly RedisReply[], { encoding, resp2 }: AnswerForm): string | Buffer {
  if (resp2) return Buffer.concat(replies.map(answerResp2));
  return `[${replies.map((reply) => answerJson(reply, encoding)).join(",")}]`;
}

function failure(status: number, message: string): HttpAnswer {
  return { status, body: errorJson(message) };
}

function faultOf(error: Error): HttpAnswer {
  if (error instanceof OutOfReach) return failure(503, `ERR local Redis is out of reach: ${error.message}`);
  return failure(500, `ERR the local gateway failed: ${error.message}`);
}
