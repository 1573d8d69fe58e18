import { describe, type Fault } from "../errors.ts";
import { isPromise, validate } from "../schema/standard.ts";
import type { Task } from "../tasks.ts";

/** The longest payload of a schedule, as JSON. */
const PAYLOAD_BYTES = 16 * 1024;

/** Writes a payload as JSON. Undefined where there is none. @throws TypeError where JSON cannot hold it */
export function payloadText(payload: unknown): string | undefined {
  return payload === undefined ? undefined : JSON.stringify(payload);
}

/**
 * Finds what is wrong with a schedule's payload. Its task's schema reads it as the worker will, from JSON; what a schema says
 * later, with a promise, is not waited for.
 */
export function payloadFaults(payload: unknown, task: Task | undefined): Fault[] {
  let text: string | undefined;
  try {
    text = payloadText(payload);
  } catch (error) {
    return [{ pointer: "/payload", detail: `JSON cannot hold it: ${describe(error).message}` }];
  }
  if (text === undefined && payload !== undefined)
    return [{ pointer: "/payload", detail: `JSON cannot hold it: it is a ${typeof payload}` }];
  const bytes = Buffer.byteLength(text ?? "");
  if (bytes > PAYLOAD_BYTES)
    return [{ pointer: "/payload", detail: `expected at most ${PAYLOAD_BYTES} bytes of JSON, got ${bytes}` }];
  return task ? misfits(JSON.parse(text ?? "{}"), task) : [];
}

function misfits(payload: unknown, task: Task): Fault[] {
  const validated = validate(task.input, payload);
  if (isPromise(validated) || "isLate" in validated) return [];
  if ("thrown" in validated)
    return [{ pointer: "/payload", detail: `the task's schema threw: ${describe(validated.thrown).message}` }];
  return Array.from(validated.issues ?? [], ({ path, message }) => {
    const steps = Array.from(path ?? [], (step) => String(typeof step === "object" ? step.key : step));
    return { pointer: ["/payload", ...steps].join("/"), detail: String(message) };
  });
}
