import type { BuildOptions } from "esbuild";

export declare const settings: BuildOptions & { external: string[] };
