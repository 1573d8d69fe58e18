import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Change, copyService } from "../../support/service-copy.ts";

/** Serverless keeps its compiled schema here, by its content: half of the time that `sls package` takes without it. */
const SCHEMA_CACHE = fileURLToPath(new URL("../../../node_modules/.cache/serverless", import.meta.url));

export interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
  DependsOn?: string | string[];
  Condition?: string;
}

/** The parts of a CloudFormation template that ours uses. */
export interface Template {
  Resources: Record<string, Resource>;
  Conditions?: Record<string, unknown>;
  Outputs?: Record<string, { Value: unknown; Condition?: string }>;
  Parameters?: Record<string, unknown>;
}

/** Something wrong in the template: its place, and what is wrong. */
export type Fault = `${string}: ${string}`;

/**
 * What `sls package` makes for a stage, on a machine without account, credentials and settings.
 * `environment` is set in the shell that packages; `change` changes the service first.
 */
export async function packaged(
  stage: string,
  environment: Record<string, string> = {},
  change?: Change,
): Promise<Template> {
  const folder = await mkdtemp(join(tmpdir(), "wakeq-template-"));
  try {
    await serverless(["package", "--stage", stage, "--package", folder], environment, change);
    return await templateIn(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The template in a folder of `sls package`. */
export async function templateIn(folder: string): Promise<Template> {
  return JSON.parse(await readFile(join(folder, "cloudformation-template-update-stack.json"), "utf8")) as Template;
}

/**
 * Runs `npx sls` as on a machine where nothing is set up. Rejects with its output if it fails. It runs in a copy of the
 * service, as two runs in one folder would empty each other's `.serverless`. `change` changes the copy.
 */
export async function serverless(
  args: string[],
  environment: Record<string, string> = {},
  change?: Change,
): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "wakeq-home-")); // there is no ~/.aws in it, and it takes what packaging leaves in TMPDIR
  const service = join(home, "service");
  const bin = createRequire(import.meta.url).resolve("serverless/bin/serverless.js");
  const { PATH = "" } = process.env;
  try {
    await copyService(service, change);
    await promisify(execFile)(process.execPath, [bin, ...args], {
      cwd: service,
      env: { PATH, HOME: home, TMPDIR: home, SLS_SCHEMA_CACHE_BASE_DIR: SCHEMA_CACHE, ...environment },
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

export function resourcesOf(template: Template, type: string): [string, Resource][] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}

/** The environment of each function, by its name in `serverless.yml`. */
export function environments(template: Template): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    resourcesOf(template, "AWS::Lambda::Function").map(([, { Properties = {} }]) => {
      const handler = String(Properties.Handler);
      const { Variables = {} } = (Properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
      return [handler.replace(/^handlers\/|\.handler$/g, ""), Variables];
    }),
  );
}
