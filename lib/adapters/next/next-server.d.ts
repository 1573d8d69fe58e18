/** What is used of Next.js. It is the application's own, and not needed to build this package. */
declare module "next/server.js" {
  export function after(work: Promise<unknown> | (() => Promise<unknown>)): void;
}
