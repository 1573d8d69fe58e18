import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import type { ServerlessProject } from "../../lib/adapters/serverless/project.ts";
import Wakeq from "../../lib/serverless.ts";

interface Run {
  stage?: string;
  command?: string;
  options?: object;
}

/** Takes the place of osls, which has read a project and now runs a command. */
function pluginOf(
  folder: string,
  project: Partial<ServerlessProject>,
  { stage = "dev", command = "package", options = {} }: Run = {},
) {
  const service: ServerlessProject = { service: "shop", provider: { runtime: "nodejs24.x" }, ...project };
  const schemas: object[] = [];
  const warnings: string[] = [];
  class ServerlessError extends Error {
    readonly code: string;
    constructor(message: string, code: string) {
      super(message);
      this.code = code;
    }
  }
  const plugin = new Wakeq(
    {
      service,
      serviceDir: folder,
      processedInput: { commands: command.split(" ") },
      configSchemaHandler: { defineCustomProperties: (schema) => void schemas.push(schema) },
      classes: { Error: ServerlessError },
      getProvider: () => ({ getStage: () => stage }),
    },
    options,
    { log: { warning: (text) => void warnings.push(text) } },
  );
  return { plugin, service, warnings, schemas };
}

/** A project in a folder of its own for each test, with a queue's file in TypeScript and one in JavaScript. */
export function useProject() {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "wakeq-plugin-"));
    await mkdir(join(folder, "src"));
    for (const file of ["queue.ts", "queue.mjs"]) await writeFile(join(folder, "src", file), "export {};\n");
    await writeFile(join(folder, "package.json"), "{}");
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    get folder() {
      return folder;
    },
    /** The plugin, before osls has read the whole project. */
    loaded: (project: Partial<ServerlessProject>, run?: Run) => pluginOf(folder, project, run),
    /** The project after the plugin has added what it adds. */
    added(project: Partial<ServerlessProject>, run?: Run) {
      const made = pluginOf(folder, project, run);
      void made.plugin.hooks.initialize!();
      return made;
    },
  };
}

/** A project with serverless-esbuild and these options. */
export function withOptions(wakeq: unknown, more: Partial<ServerlessProject> = {}): Partial<ServerlessProject> {
  return { plugins: ["serverless-esbuild", "wakeq/serverless"], custom: { wakeq }, ...more };
}

export const QUEUE = { queue: "src/queue.ts" };

export function entryOf(
  service: ServerlessProject,
  name: string,
): Record<string, unknown> & { environment: Record<string, unknown> } {
  return service.functions![name] as never;
}
