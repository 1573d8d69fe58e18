import { METRICS } from "../../../lib/observability/metrics.ts";
import { checkAlarms } from "./alarms.ts";
import { checkReferences } from "./references.ts";
import { checkRights } from "./rights.ts";
import { checkProperties } from "./spec.ts";
import type { Fault, Template } from "./template.ts";

/** Everything that can be known to be wrong with a stack before AWS is asked to make it. */
export function validate(template: Template, stage: string): Fault[] {
  return [
    ...checkProperties(template),
    ...checkReferences(template),
    ...checkRights(template),
    ...checkAlarms(template, { metrics: Object.keys(METRICS), stage }),
  ];
}
