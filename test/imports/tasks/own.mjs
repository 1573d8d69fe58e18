// Code at the top of a module, which must run when it is first imported and not before.
globalThis.timesOwnHasRun = (globalThis.timesOwnHasRun ?? 0) + 1;

export const later = await Promise.resolve("awaited at the top");
export const scheme = new URL(import.meta.url).protocol;

export default function hello(name) {
  return `hello ${name}`;
}
