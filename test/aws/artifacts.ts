import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Change } from "../support/service-copy.ts";
import { serverless } from "./template/template.ts";
import { unzip } from "./unzip.ts";

/** A function as it would be deployed. */
export interface Artifact {
  /** Its name in `serverless.yml`. */
  name: string;
  /** Where its zip was unpacked. */
  folder: string;
  /** file.export */
  handler: string;
  functionName: string;
  timeoutMs: number;
  memoryMb: number;
  /** The environment in the template, without the values that only AWS can fill in. */
  environment: Record<string, string>;
  /** The routes in the template, such as `GET /jobs`. */
  routes: string[];
  zipBytes: number;
}

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
}

/** Unpacks what `sls package` makes: a folder for each function, as Lambda would have it in /var/task. */
export async function packageFunctions(
  folder: string,
  stage: string,
  environment: Record<string, string> = {},
  change?: Change,
): Promise<Artifact[]> {
  const packed = join(folder, "package");
  await serverless(["package", "--stage", stage, "--package", packed], environment, change);
  return unpackFunctions(packed, folder);
}

/** The functions in a folder of `sls package`, each unpacked into a folder of its own in `to`. */
export async function unpackFunctions(packed: string, to: string): Promise<Artifact[]> {
  const template = await readFile(join(packed, "cloudformation-template-update-stack.json"), "utf8");
  const { Resources } = JSON.parse(template) as { Resources: Record<string, Resource> };
  const functions = Object.entries(Resources).filter(([, { Type }]) => Type === "AWS::Lambda::Function");
  return Promise.all(
    functions.map(([id, { Properties }]) => unpacked(to, packed, Properties, routesOf(Resources, id))),
  );
}

async function unpacked(
  folder: string,
  packed: string,
  properties: Record<string, unknown>,
  routes: string[],
): Promise<Artifact> {
  const { S3Key } = properties.Code as { S3Key: string };
  const name = S3Key.slice(S3Key.lastIndexOf("/") + 1).replace(/\.zip$/, "");
  const archive = await readFile(join(packed, `${name}.zip`));
  const to = join(folder, name);
  for (const [file, contents] of unzip(archive)) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await writeFile(join(to, file), contents);
  }
  const { Variables = {} } = (properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
  const known = Object.entries(Variables).filter((each): each is [string, string] => typeof each[1] === "string");
  return {
    name,
    folder: to,
    routes,
    zipBytes: archive.length,
    handler: properties.Handler as string,
    functionName: properties.FunctionName as string,
    timeoutMs: 1_000 * (properties.Timeout as number),
    memoryMb: properties.MemorySize as number,
    environment: Object.fromEntries(known),
  };
}

function routesOf(resources: Record<string, Resource>, functionId: string): string[] {
  const all = Object.entries(resources);
  const integrations = all
    .filter(([, { Type, Properties }]) => Type === "AWS::ApiGatewayV2::Integration" && isOf(Properties, functionId))
    .map(([id]) => id);
  return all
    .filter(([, { Type }]) => Type === "AWS::ApiGatewayV2::Route")
    .filter(([, { Properties }]) => integrations.some((id) => JSON.stringify(Properties.Target).includes(`"${id}"`)))
    .map(([, { Properties }]) => Properties.RouteKey as string);
}

function isOf(integration: Record<string, unknown>, functionId: string): boolean {
  return JSON.stringify(integration.IntegrationUri).includes(`"${functionId}"`);
}
