// Has a process of ours run the tests' tasks in place of those in tasks/: `node --import ./test/support/test-tasks.mjs`.
import { register } from "node:module";

register("./test-tasks-hook.mjs", import.meta.url);
