export { createTestKit } from "./kit.ts";
export type { KitAdvanceOptions, KitJob, KitOptions, KitSubmitOptions, TestKit } from "./kit-types.ts";
