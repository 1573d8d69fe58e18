import type { Log } from "../observability/log.ts";
import type { OtlpSpan, SpanExporter } from "../observability/otlp.ts";
import { spanIdOf, type Trace } from "../observability/trace.ts";
import type { Job, NewJob } from "../queue/job.ts";
import type { Ending, Stepped } from "../queue/worker-queue.ts";
import { cut } from "../text.ts";
import type { HeldAttempt } from "./attempt.ts";
import type { ObservedEnding, Observer } from "./observer.ts";

/** The most spans in one request, and the most that wait for one before more are dropped: as in OpenTelemetry's batch processor. */
const BATCH = 512;
const MOST_WAITING = 2_048;
/** The limit for a request during a drain. */
const TIMEOUT_MS = 2_000;
const STATUS_CHARACTERS = 1_000;
/** OTLP's numbers for kinds of spans and for a status. */
const PRODUCER = 4;
const CONSUMER = 5;
const ERROR = 2;

/**
 * The spans of a drain's jobs: one for the submit, and one for each attempt below it. They follow the semantic conventions for
 * messaging (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/). What a caller did not sample is left out.
 */
export class DrainSpans implements Observer {
  readonly #exporter: SpanExporter;
  readonly #workerId: string;
  readonly #log: Log;
  #waiting: OtlpSpan[] = [];
  #dropped = 0;
  #sending: Promise<void> | undefined;

  constructor(exporter: SpanExporter, workerId: string, log: Log) {
    this.#exporter = exporter;
    this.#workerId = workerId;
    this.#log = log;
  }

  stepped(_settled: readonly Ending[], _answer: Stepped): void {
    if (this.#waiting.length >= BATCH) this.#sending ??= this.#send(TIMEOUT_MS);
  }

  submitted(_job: NewJob): void {}

  conflicted(_job: NewJob): void {}

  began(_attempt: HeldAttempt): void {}

  ended({ claimed: { job }, trace, isSensitive }: HeldAttempt, ending: ObservedEnding, ranMs: number): void {
    if (!trace?.sampled) return;
    const isFirst = isFirstToEnd(job);
    if (this.#waiting.length >= MOST_WAITING) {
      this.#dropped += isFirst ? 2 : 1;
      return;
    }
    const endedAt = Date.now();
    if (isFirst) this.#waiting.push(submitSpan(job, trace));
    const told = isSensitive && "error" in ending ? { ...ending, message: "" } : ending;
    this.#waiting.push(attemptSpan(job, trace, told, endedAt - ranMs, endedAt, this.#workerId));
  }

  /** Sends what is left. Takes at most `ms`, and never throws: it logs how many spans are lost. */
  async finish(ms: number): Promise<void> {
    const end = performance.now() + ms;
    const leftMs = () => Math.ceil(end - performance.now());
    if (this.#sending !== undefined) await Promise.race([this.#sending, pause(leftMs())]);
    while (this.#waiting.length > 0 && leftMs() > 0) await this.#send(leftMs());
    const lost = this.#dropped + this.#waiting.length;
    if (lost > 0) this.#log("warn", "spans_dropped", { spans: lost });
  }

  async #send(timeoutMs: number): Promise<void> {
    const spans = this.#waiting.splice(0, BATCH);
    const problem = await this.#exporter(spans, timeoutMs);
    this.#sending = undefined;
    if (problem !== undefined) this.#log("warn", "export_failed", { spans: spans.length, message: problem });
  }
}

/** Tells whether to send the submit's span: with the first attempt that ends. Twice does no harm: its id is the same. */
function isFirstToEnd({ attempts = [] }: Job): boolean {
  return attempts.every(({ outcome }) => outcome === "lease_expired");
}

/** Makes the span of a submit, of which only the instant is known. */
function submitSpan(job: Job, { traceId }: Trace): OtlpSpan {
  const requestId = job.traceparent?.split("-")[2];
  return {
    traceId,
    spanId: spanIdOf(job.id),
    ...(requestId === undefined ? {} : { parentSpanId: requestId }),
    name: `submit ${job.task}`,
    kind: PRODUCER,
    startTimeUnixNano: nanos(job.createdAt),
    endTimeUnixNano: nanos(job.createdAt),
    attributes: attributes({
      ...messaging(job, "submit", "send"),
      "messaging.message.body.size": job.payloadBytes,
    }),
  };
}

function attemptSpan(
  job: Job,
  trace: Trace,
  ending: ObservedEnding,
  from: number,
  to: number,
  workerId: string,
): OtlpSpan {
  const error = "error" in ending ? ending : undefined;
  return {
    traceId: trace.traceId,
    spanId: trace.spanId,
    parentSpanId: trace.parentId,
    name: `run ${job.task}`,
    kind: CONSUMER,
    startTimeUnixNano: nanos(from),
    endTimeUnixNano: nanos(to),
    attributes: attributes({
      ...messaging(job, "run", "process"),
      "messaging.client.id": workerId,
      "messaging.wakeq.attempt": job.retries + 1,
      "messaging.wakeq.outcome": ending.outcome,
      "error.type": error?.error,
    }),
    ...(error ? { status: { code: ERROR, message: cut(error.message, STATUS_CHARACTERS) } } : {}),
  };
}

function messaging(job: Job, name: string, type: string) {
  return {
    "messaging.system": "wakeq",
    "messaging.operation.name": name,
    "messaging.operation.type": type,
    "messaging.destination.name": job.task,
    "messaging.message.id": job.id,
  };
}

function attributes(values: Record<string, string | number | undefined>): OtlpSpan["attributes"] {
  return Object.entries(values).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return [{ key, value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value } }];
  });
}

/** Turns ms since the epoch into ns. In JSON a 64-bit number is text. */
function nanos(ms: number): string {
  return `${Math.round(ms * 1_000)}000`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
