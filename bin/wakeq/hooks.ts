import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";

/** The part of `module.registerHooks` (Node 22.15) that is used here. */
type RegisterHooks = (hooks: {
  resolve(specifier: string, context: object, next: (specifier: string, context: object) => object): object;
  load(url: string, context: Format, next: (url: string, context: Format) => object): object;
}) => void;
interface Format {
  format?: string | null | undefined;
}

/**
 * Lets this process import a project's files as its author writes them, and hears of each file that is imported. Returns
 * false where Node has no such hooks (before 22.15).
 */
export function hookImports(heard: (file: string) => void): boolean {
  const { registerHooks } = nodeModule as unknown as { registerHooks?: RegisterHooks };
  if (!registerHooks) return false;
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        for (const each of asTypeScript(specifier)) {
          try {
            return next(each, context);
          } catch {
            // the first error is the one to show
          }
        }
        throw error;
      }
    },
    load(url, context, next) {
      if (!url.startsWith("file:") || url.includes("/node_modules/")) return next(url, context);
      const file = fileURLToPath(url);
      heard(file);
      return next(url, isModuleInDisguise(file, context) ? { ...context, format: "module-typescript" } : context);
    },
  });
  return true;
}

/** Lists the files that a relative import may stand for in TypeScript: `./util.js` and `./util` for `util.ts`. */
function asTypeScript(specifier: string): string[] {
  if (!/^\.{1,2}\//.test(specifier)) return [];
  const renamed = specifier.replace(/\.([mc]?)js$/, ".$1ts");
  return [...(renamed === specifier ? [] : [renamed]), `${specifier}.ts`, `${specifier}/index.ts`];
}

/** Tells whether a file is written as a module, while its package.json says `"type": "commonjs"`: tsc would translate it. */
function isModuleInDisguise(file: string, { format }: Format): boolean {
  return format === "commonjs-typescript" && /^\s*(import\s*[\w{*"']|export\s)/m.test(readFileSync(file, "utf8"));
}
