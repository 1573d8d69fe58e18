export { createTestKit } from "./kit.ts";
export type { KitJob, KitOptions, KitSubmitOptions, TestKit } from "./kit-types.ts";
