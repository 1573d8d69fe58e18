/** The units of MetricDatum: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
const BYTES = ["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"];
const BITS = ["Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"];
const AMOUNTS = [...BYTES, ...BITS, "Count"];
export const UNITS = [
  ...["Seconds", "Microseconds", "Milliseconds", "Percent", "None"],
  ...[...AMOUNTS, ...AMOUNTS.map((unit) => `${unit}/Second`)],
];

const name = { type: "string", minLength: 1, maxLength: 255 };

/**
 * The rules of the embedded metric format as a JSON schema, from the specification and the schema in it:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
 * It adds what only the text says: at most 100 metrics, and no other members.
 */
export const EMF = {
  type: "object",
  required: ["_aws"],
  properties: {
    _aws: {
      type: "object",
      required: ["Timestamp", "CloudWatchMetrics"],
      additionalProperties: false,
      properties: {
        // Milliseconds, not seconds or nanoseconds, in the years from 2020 to 2100.
        Timestamp: { type: "integer", minimum: 1_577_836_800_000, maximum: 4_102_444_800_000 },
        CloudWatchMetrics: { type: "array", minItems: 1, items: { $ref: "#/$defs/directive" } },
      },
    },
  },
  $defs: {
    directive: {
      type: "object",
      required: ["Namespace", "Dimensions", "Metrics"],
      additionalProperties: false,
      properties: {
        Namespace: name,
        Dimensions: { type: "array", minItems: 1, items: { type: "array", maxItems: 9, items: name } },
        Metrics: { type: "array", minItems: 1, maxItems: 100, items: { $ref: "#/$defs/metric" } },
      },
    },
    metric: {
      type: "object",
      required: ["Name"],
      additionalProperties: false,
      properties: { Name: name, Unit: { enum: UNITS }, StorageResolution: { enum: [1, 60] } },
    },
  },
};
