import { spec } from "./spec.ts";
import { type Fault, type Resource, resourcesOf, type Template } from "./template.ts";

interface Alarm {
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: unknown }[];
}

/** Finds alarms on metrics that nothing writes: unknown names, wrong dimensions, or a resource that does not exist. */
export function checkAlarms(template: Template, ours: { metrics: readonly string[]; stage: string }): Fault[] {
  return resourcesOf(template, "AWS::CloudWatch::Alarm").flatMap(([id, { Properties }]) => {
    const alarm = Properties as unknown as Alarm;
    return alarm.Namespace === "wakeq" ? checkOurs(id, alarm, ours) : checkTheirs(id, alarm, template);
  });
}

function checkOurs(
  id: string,
  { MetricName, Dimensions = [] }: Alarm,
  { metrics, stage }: { metrics: readonly string[]; stage: string },
): Fault[] {
  if (!metrics.includes(MetricName)) return [`${id}: nothing writes the metric ${MetricName}`];
  const named = Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join();
  return named === `stage=${stage}` ? [] : [`${id}: our metrics have the dimension stage=${stage}, not ${named}`];
}

/** The metrics of AWS' services with their dimensions, from the resource specification. */
function checkTheirs(id: string, { Namespace, MetricName, Dimensions = [] }: Alarm, template: Template): Fault[] {
  const metrics = spec.lookup("metric", "namespace", "equals", Namespace).filter(({ name }) => name === MetricName);
  if (metrics.length === 0) return [`${id}: there is no metric ${Namespace} ${MetricName}`];
  const names = Dimensions.map(({ Name }) => Name)
    .sort()
    .join();
  const sets = metrics.flatMap((metric) =>
    [...spec.follow("usesDimensionSet", metric)].map(({ entity }) =>
      entity.dimensions
        .map(({ name }) => name)
        .sort()
        .join(),
    ),
  );
  if (!sets.includes(names)) return [`${id}: ${Namespace} ${MetricName} has no dimensions ${names}`];
  return Dimensions.flatMap(({ Name, Value }): Fault[] =>
    isHere(Name, Value, template) ? [] : [`${id}: there is no ${Name} ${JSON.stringify(Value)} in this stack`],
  );
}

function isHere(dimension: string, value: unknown, template: Template): boolean {
  const { Ref } = (typeof value === "object" ? value : {}) as { Ref?: string };
  const target: Resource | undefined = template.Resources[Ref ?? ""];
  if (dimension === "ApiId") return target?.Type === "AWS::ApiGatewayV2::Api";
  if (dimension !== "FunctionName") return false;
  const functions = resourcesOf(template, "AWS::Lambda::Function");
  return functions.some(([, { Properties }]) => Properties?.FunctionName === value);
}
