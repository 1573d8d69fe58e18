/** A file that the bundler takes along compressed: esbuild.plugins.cjs. */
declare module "*?gzip" {
  const asset: import("../lib/http/site.ts").Asset;
  export default asset;
}
