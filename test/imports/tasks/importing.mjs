/** Imports one of each kind. What plain Node makes of it is what every way to run a task must make of it. */
export async function importing() {
  const runsBefore = globalThis.timesOwnHasRun ?? 0;
  const own = await import("./own.mjs");
  const again = await import("./own.mjs");
  const esModule = await import("get-port");
  const mjsEntry = await import("@upstash/redis");
  const commonJs = await import("aws4");
  const transpiled = await import("ajv-formats");
  const native = await import("@node-rs/crc32");
  const outer = await import("./outer.mjs");
  return {
    own: { keys: keysOf(own), runsBefore, runs: globalThis.timesOwnHasRun, isSame: own === again },
    ownValues: [own.later, own.scheme, own.default("ann")],
    esModule: { keys: keysOf(esModule), ports: [...esModule.portNumbers(1024, 1026)] },
    mjsEntry: { keys: keysOf(mjsEntry) },
    commonJs: { keys: keysOf(commonJs), isDefault: commonJs.default.sign === commonJs.sign },
    transpiled: { keys: keysOf(transpiled), isFunction: typeof transpiled.default },
    native: { keys: keysOf(native), checksum: native.crc32("wakeq") },
    outer: { keys: keysOf(outer), value: outer.read("a: [1, 2]") },
  };
}

/** Without the two marks that say how a module was made and that differ between versions of Node and a bundle. */
function keysOf(namespace) {
  return Object.keys(namespace)
    .filter((key) => key !== "module.exports" && key !== "__esModule")
    .sort();
}
