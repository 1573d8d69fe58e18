export { createTestKit, type KitJob, type KitOptions, type KitSubmitOptions, type TestKit } from "./kit.ts";
