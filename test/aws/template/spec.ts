import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { PropertyType, ResourceProperties, Resource as Spec } from "@aws-cdk/service-spec-types";
import type { Fault, Resource, Template } from "./template.ts";

export const spec = loadAwsServiceSpecSync();

/** Undefined if AWS has no such type. */
export function specOf(type: string): Spec | undefined {
  return spec.lookup("resource", "cloudFormationType", "equals", type)[0];
}

/** Properties that CloudFormation requires although the specification does not say so. */
const ALSO_REQUIRED: Record<string, string[]> = {
  "AWS::CloudWatch::Alarm": [
    "ComparisonOperator",
    "EvaluationPeriods",
    "MetricName",
    "Namespace",
    "Period",
    "Threshold",
  ],
  "AWS::Lambda::Function": ["Handler", "Runtime", "Timeout", "MemorySize"],
};

const RESOURCE_KEYS = new Set([
  "Type",
  "Properties",
  "DependsOn",
  "Condition",
  "DeletionPolicy",
  "UpdateReplacePolicy",
]);

/** Finds types, properties and values that AWS' resource specification does not know, and required ones that are missing. */
export function checkProperties({ Resources }: Template): Fault[] {
  return Object.entries(Resources).flatMap(([id, resource]) => checkResource(id, resource));
}

function checkResource(id: string, resource: Resource): Fault[] {
  const known = specOf(resource.Type);
  if (!known) return [`${id}: there is no resource type ${resource.Type}`];
  const { Properties = {} } = resource;
  const missing = (ALSO_REQUIRED[resource.Type] ?? []).filter((name) => !(name in Properties));
  const odd = Object.keys(resource).filter((name) => !RESOURCE_KEYS.has(name));
  return [
    ...odd.map((name): Fault => `${id}: a resource has no ${name}`),
    ...missing.map((name): Fault => `${id}.${name}: is required`),
    ...checkObject(id, Properties, known.properties),
  ];
}

function checkObject(at: string, value: Record<string, unknown>, properties: ResourceProperties): Fault[] {
  const unknown = Object.keys(value).filter((name) => !(name in properties));
  const missing = Object.entries(properties).filter(([name, { required }]) => required && !(name in value));
  return [
    ...unknown.map((name): Fault => `${at}.${name}: there is no such property`),
    ...missing.map(([name]): Fault => `${at}.${name}: is required`),
    ...Object.entries(value).flatMap(([name, each]) => {
      const property = properties[name];
      if (!property) return [];
      // A type that was narrowed later still accepts what it accepted before.
      return any(`${at}.${name}`, each, [property.type, ...(property.previousTypes ?? [])]);
    }),
  ];
}

/** No faults if one of the types fits; otherwise those of the type that fits best. */
function any(at: string, value: unknown, types: readonly PropertyType[]): Fault[] {
  const faults = types.map((type) => checkValue(at, value, type)).sort((a, b) => a.length - b.length);
  return faults[0] ?? [];
}

function checkValue(at: string, value: unknown, type: PropertyType): Fault[] {
  const intrinsic = intrinsicOf(value);
  if (intrinsic === "Fn::If") {
    const [, yes, no] = (value as { "Fn::If": unknown[] })["Fn::If"];
    return [yes, no].flatMap((each) => checkValue(at, each, type));
  }
  if (intrinsic !== undefined) return checkIntrinsic(at, value, intrinsic, type);
  switch (type.type) {
    case "array":
      if (!Array.isArray(value)) return [`${at}: should be a list`];
      return value.flatMap((each, i) => checkValue(`${at}[${i}]`, each, type.element));
    case "map":
      if (!isObject(value)) return [`${at}: should be an object`];
      return Object.entries(value).flatMap(([name, each]) => checkValue(`${at}.${name}`, each, type.element));
    case "ref":
      if (!isObject(value)) return [`${at}: should be an object`];
      return checkObject(at, value, spec.get("typeDefinition", type.reference).properties);
    case "tag":
      if (!isObject(value)) return [`${at}: should be an object`];
      return checkObject(at, value, TAG);
    case "union":
      return any(at, value, type.types);
    case "json":
      return isObject(value) || Array.isArray(value) ? [] : [`${at}: should be an object`];
    case "string":
      if (typeof value !== "string") return [`${at}: should be text`];
      return type.allowedValues && !type.allowedValues.includes(value) ? [`${at}: ${value} is not allowed`] : [];
    case "boolean":
      return typeof value === "boolean" ? [] : [`${at}: should be true or false`];
    case "integer":
      return Number.isInteger(value) ? [] : [`${at}: should be a whole number`];
    case "number":
      return typeof value === "number" ? [] : [`${at}: should be a number`];
    default:
      return typeof value === "object" ? [`${at}: should be a ${type.type}`] : [];
  }
}

const text: PropertyType = { type: "string" };
const TAG: ResourceProperties = { Key: { type: text, required: true }, Value: { type: text, required: true } };

/** A CloudFormation function returns text, except Ref and GetAtt, whose type is unknown here. */
function checkIntrinsic(at: string, value: unknown, name: string, type: PropertyType): Fault[] {
  const isText = ["Fn::Sub", "Fn::Join"].includes(name);
  if (isText && ["array", "map", "ref", "boolean"].includes(type.type)) return [`${at}: should not be text (${name})`];
  return Object.keys(value as object).length === 1 ? [] : [`${at}: ${name} stands alone`];
}

/** The name of the CloudFormation function, if the value is one. */
function intrinsicOf(value: unknown): string | undefined {
  return isObject(value) ? Object.keys(value).find((name) => name === "Ref" || name.startsWith("Fn::")) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
