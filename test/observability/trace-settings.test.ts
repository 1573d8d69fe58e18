import { expect, test } from "vitest";
import { readTraces } from "../../lib/config/config.ts";

test("without an address no spans are sent", () => {
  expect(readTraces({})).toBeUndefined();
});

test.each(["novalue", "a=1,,b=2", "a=%zz", "a b=1"])(
  "the headers %j are refused, and the message does not show them",
  (headers) => {
    const read = () => readTraces({ OTEL_EXPORTER_OTLP_HEADERS: headers });
    expect(read).toThrow(/OTEL_EXPORTER_OTLP_HEADERS: expected name=value/);
    expect(read).not.toThrow(headers);
  },
);
