import { METRICS } from "../../../lib/observability/metrics.ts";
import { checkAlarms } from "./alarms.ts";
import { checkReferences } from "./references.ts";
import { checkRights } from "./rights.ts";
import { checkProperties } from "./spec.ts";
import type { Fault, Template } from "./template.ts";

/** Finds everything in a stack that can be known to be wrong before AWS is asked to create it. */
export function validate(template: Template, stage: string): Fault[] {
  return [
    ...checkProperties(template),
    ...checkReferences(template),
    ...checkRights(template),
    ...checkAlarms(template, { metrics: Object.keys(METRICS), stage }),
  ];
}
