import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { CommandError } from "../command-error.ts";

/** What a project is built on, as far as `wakeq init` tells them apart. */
export type Kind = "Next" | "Serverless" | "Hono" | "Express" | "Fastify" | "Node";

/** A project, as `wakeq init` sees it. */
export interface Project {
  kind: Kind;
  isTypeScript: boolean;
  /** Whether package.json says `"type": "module"`, `"commonjs"` or nothing. */
  type: "module" | "commonjs" | undefined;
  /** The folder of the code: `src`, or none. */
  hasSrc: boolean;
  /** package.json, as it stands. */
  manifest: string;
  /** Tells whether a package can be imported. */
  hasPackage(name: string): boolean;
  /** Tells whether a file or a folder is there. */
  has(path: string): boolean;
}

/** The packages that tell what a project is built on, the most telling first. */
const SIGNS: readonly (readonly [name: string, kind: Kind])[] = [
  ["next", "Next"],
  ["serverless", "Serverless"],
  ["osls", "Serverless"],
  ["hono", "Hono"],
  ["express", "Express"],
  ["fastify", "Fastify"],
];

/** Looks at a project. @throws CommandError where there is no package.json, or none that can be read */
export function readProject(folder: string): Project {
  const has = (path: string) => existsSync(join(folder, path));
  if (!has("package.json"))
    throw new CommandError("there is no package.json here: run npm init -y, or change to your project's folder");
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  const { type, dependencies, devDependencies } = parsed(manifest);
  const all = { ...dependencies, ...devDependencies };
  const sign = SIGNS.find(([name]) => name in all);
  const isServerless = ["yml", "yaml", "ts", "js", "json"].some((end) => has(`serverless.${end}`));
  const { resolve } = createRequire(join(folder, "package.json"));
  return {
    kind: sign?.[1] === "Next" || !isServerless ? (sign?.[1] ?? "Node") : "Serverless",
    isTypeScript: "typescript" in all || has("tsconfig.json"),
    type: type === "module" || type === "commonjs" ? type : undefined,
    hasSrc: has("src"),
    manifest,
    has,
    hasPackage(name) {
      try {
        return name in all || resolve(name) !== "";
      } catch {
        return false;
      }
    },
  };
}

interface ProjectManifest {
  type?: unknown;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

function parsed(text: string): ProjectManifest {
  try {
    return JSON.parse(text) as ProjectManifest;
  } catch (error) {
    throw new CommandError(`package.json is not JSON: ${(error as Error).message}`);
  }
}

/** Adds a script to package.json, its layout kept. Undefined if it has one of that name. */
export function withScript(manifest: string, name: string, command: string): string | undefined {
  const { scripts, ...rest } = parsed(manifest);
  if (scripts && name in scripts) return undefined;
  const indent = /^([ \t]+)"/m.exec(manifest)?.[1] ?? "  ";
  const added = { ...scripts, [name]: command };
  const whole = scripts ? { ...JSON.parse(manifest), scripts: added } : { ...rest, scripts: added };
  return JSON.stringify(whole, undefined, indent) + (manifest.endsWith("\n") ? "\n" : "");
}
