export { createTestKit, type KitJob, type KitOptions, type SubmitOptions, type TestKit } from "./kit.ts";
