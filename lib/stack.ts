type SourceMap = InstanceType<typeof import("node:module")["SourceMap"]>;

const maps = new Map<string, SourceMap | undefined>();

/**
 * Where an error came from, in terms of the sources, by the map beside each bundle; as it is where there is none. Node's own
 * `--enable-source-maps` would read the maps at every cold start, for 3 ms; this reads them when something has failed.
 */
export function stackOf(error: Error): string | undefined {
  return error.stack?.replace(
    /(file:[^\s()]+\.mjs):(\d+):(\d+)/g,
    (frame, file: string, line: string, column: string) => {
      if (!maps.has(file)) maps.set(file, mapOf(file));
      const origin = maps.get(file)?.findEntry(Number(line) - 1, Number(column) - 1);
      if (!origin || !("originalSource" in origin)) return frame;
      return `${origin.originalSource}:${origin.originalLine + 1}:${origin.originalColumn + 1}`;
    },
  );
}

function mapOf(bundle: string): SourceMap | undefined {
  try {
    const { SourceMap } = process.getBuiltinModule("node:module");
    const text = process.getBuiltinModule("node:fs").readFileSync(new URL(`${bundle}.map`), "utf8");
    return new SourceMap(JSON.parse(text) as ConstructorParameters<typeof SourceMap>[0]);
  } catch {
    return undefined; // the frame as it is says more than nothing
  }
}
