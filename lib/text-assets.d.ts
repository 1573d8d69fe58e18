/** Files that are bundled as text (esbuild loader `text`, vitest and tsx through a small hook of their own). */
declare module "*.lua" {
  const text: string;
  export default text;
}
declare module "*.html" {
  const text: string;
  export default text;
}
