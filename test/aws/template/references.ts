import { specOf } from "./spec.ts";
import type { Fault, Template } from "./template.ts";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html */
const PSEUDO = ["AccountId", "NotificationARNs", "NoValue", "Partition", "Region", "StackId", "StackName", "URLSuffix"];

interface Reference {
  /** The place of the reference. */
  at: string;
  kind: "Ref" | "GetAtt" | "DependsOn" | "Condition";
  target: string;
  attribute?: string;
}

/** Finds references to missing resources, attributes that a resource does not have, and circles of resources. */
export function checkReferences(template: Template): Fault[] {
  const { Resources, Conditions = {}, Outputs = {} } = template;
  const resources = Object.entries(Resources).map(([id, resource]) => ({ id, references: [...found(id, resource)] }));
  const others = [...found("Conditions", Conditions), ...found("Outputs", Outputs)];
  const all = [...resources.flatMap(({ references }) => references), ...others];
  return [...all.flatMap((reference) => checkReference(template, reference)), ...checkCircles(resources)];
}

function checkReference({ Resources, Conditions = {}, Parameters = {} }: Template, reference: Reference): Fault[] {
  const { at, kind, target, attribute } = reference;
  if (kind === "Condition") return target in Conditions ? [] : [`${at}: there is no condition ${target}`];
  if (kind === "Ref" && (target in Parameters || PSEUDO.includes(target.replace(/^AWS::/, "")))) return [];
  const resource = Resources[target];
  if (!resource) return [`${at}: there is no resource ${target}`];
  const attributes = specOf(resource.Type)?.attributes ?? {};
  if (attribute === undefined || attribute in attributes) return [];
  return [`${at}: ${target} has no attribute ${attribute}`];
}

function* found(at: string, value: unknown): Generator<Reference> {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const [i, each] of value.entries()) yield* found(`${at}[${i}]`, each);
    return;
  }
  for (const [name, each] of Object.entries(value)) {
    const here = `${at}.${name}`;
    if (name === "Ref") yield { at, kind: "Ref", target: String(each) };
    else if (name === "Fn::GetAtt")
      yield got(at, Array.isArray(each) ? each.map(String) : String(each).split(/\.(.*)/s));
    else if (name === "Fn::Sub") yield* substituted(at, each);
    else if (name === "DependsOn" && !at.includes("."))
      for (const target of [each].flat()) yield { at: here, kind: "DependsOn", target: String(target) };
    // The statements of a policy have conditions, too; those are objects.
    else if (name === "Condition" && typeof each === "string") yield { at: here, kind: "Condition", target: each };
    else if (name === "Fn::If") {
      const [condition, ...rest] = each as unknown[];
      yield { at, kind: "Condition", target: String(condition) };
      yield* found(at, rest);
    } else yield* found(here, each);
  }
}

function got(at: string, [target = "", attribute = ""]: string[]): Reference {
  return { at, kind: "GetAtt", target, attribute };
}

function* substituted(at: string, given: unknown): Generator<Reference> {
  const [text, own] = Array.isArray(given) ? (given as [string, Record<string, unknown>]) : [String(given), {}];
  yield* found(at, own);
  for (const [, name = ""] of text.matchAll(/\$\{([^!}][^}]*)\}/g)) {
    if (name in own) continue;
    const [target = "", attribute] = name.startsWith("AWS::") ? [name] : name.split(/\.(.*)/s);
    yield attribute === undefined ? { at, kind: "Ref", target } : { at, kind: "GetAtt", target, attribute };
  }
}

/** Finds resources that would each have to be made before the other. */
function checkCircles(resources: { id: string; references: Reference[] }[]): Fault[] {
  const before = new Map(
    resources.map(({ id, references }) => [
      id,
      references.flatMap(({ kind, target }) => (kind === "Condition" ? [] : [target])),
    ]),
  );
  const done = new Set<string>();
  const faults: Fault[] = [];
  function visit(id: string, path: string[]): void {
    if (path.includes(id)) {
      faults.push(`${id}: needs itself (${[...path.slice(path.indexOf(id)), id].join(" → ")})`);
      return;
    }
    if (done.has(id)) return;
    for (const next of before.get(id) ?? []) visit(next, [...path, id]);
    done.add(id);
  }
  for (const { id } of resources) visit(id, []);
  return faults;
}
