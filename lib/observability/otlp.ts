import { describe } from "../errors.ts";
import { exchange, httpFor } from "../exchange.ts";
import { cut } from "../text.ts";

/** Where spans go, as OpenTelemetry's own variables say. */
export interface TraceSettings {
  /** http(s)://…/v1/traces */
  url: string;
  /** Further headers, such as a key for the receiver. */
  headers: Record<string, string>;
  serviceName: string;
}

/** A span as OTLP has it in JSON: ids in hex, nanoseconds as text. */
export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: { stringValue: string } | { intValue: string } }[];
  status?: { code: number; message: string };
}

/** Sends spans, within `timeoutMs`. Resolves with what went wrong, and never rejects. */
export type SpanExporter = (spans: readonly OtlpSpan[], timeoutMs: number) => Promise<string | undefined>;

const ANSWER_CHARACTERS = 300;

/**
 * Makes an exporter that sends spans over OTLP/HTTP as JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp). A request
 * that fails is not sent again: a trace is not worth the life of a worker. `resource` has further attributes of the sender.
 */
export function createSpanExporter(settings: TraceSettings, resource: Record<string, string>): SpanExporter {
  const attributes = Object.entries({ "service.name": settings.serviceName, ...resource }).map(
    ([key, stringValue]) => ({
      key,
      value: { stringValue },
    }),
  );
  const base = new URL(settings.url);
  const path = base.pathname + base.search;
  // A connection of its own: one that was kept would be dead when Lambda thaws the process.
  const agent = new (httpFor(base).Agent)({ keepAlive: false });
  return async (spans, timeoutMs) => {
    const scopeSpans = [{ scope: { name: "wakeq" }, spans }];
    const body = JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans }] });
    const length = Buffer.byteLength(body);
    const headers = { ...settings.headers, "content-type": "application/json", "content-length": length };
    try {
      const { status, text } = await exchange(base, { path, headers, body }, timeoutMs, agent);
      if (status < 200 || status > 299) return `it was answered with ${status}: ${cut(text, ANSWER_CHARACTERS)}`;
      return rejected(text);
    } catch (error) {
      return describe(error).message;
    }
  };
}

/** Reads an answer of 2xx. The spans may be accepted only in part: it says how many were not, and why. */
function rejected(text: string): string | undefined {
  try {
    const { partialSuccess } = JSON.parse(text) as {
      partialSuccess?: { rejectedSpans?: unknown; errorMessage?: unknown };
    };
    const { rejectedSpans = 0, errorMessage = "" } = partialSuccess ?? {};
    const why = cut(String(errorMessage), ANSWER_CHARACTERS);
    return Number(rejectedSpans) > 0 ? `${rejectedSpans} of them were rejected: ${why}` : undefined;
  } catch {
    return undefined; // an answer of 2xx is success, whatever it says
  }
}
