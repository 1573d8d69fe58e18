import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DOORS } from "../../bin/package/doors.ts";
import { emptyProject, install } from "./project.ts";

const TSC = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");

/** The doors whose types are those of Node: who opens one has `@types/node`. */
const OF_NODE = ["./node"];

/** Uses every door, with no types from elsewhere: neither those of Node nor those of a schema library. */
const USE = `
import { defineQueue, defineTask } from "wakeq";
import { lambda } from "wakeq/lambda";
import { createTestKit } from "wakeq/testing";

interface Mail { to: string }
const input = {
  "~standard": { version: 1 as const, vendor: "own", validate: (value: unknown) => ({ value: value as Mail }), types: {} as { input: Mail; output: Mail } },
};
const mail = defineTask({ name: "mail", input, run: async ({ input }) => ({ sent: input.to }) });
export const queue = defineQueue({ tasks: [mail] });
export const { api, worker } = lambda(queue);
export const kit = createTestKit([mail]);
export const sent: string = (await queue.run("mail", { to: "ada" })).result.sent;
export const wrong = queue.submit(mail, { to: 1 });
`;

let folder: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ folder, remove } = await emptyProject());
  await install(folder);
  const others = Object.keys(DOORS).filter((door) => !OF_NODE.includes(door));
  const doors = others.map((door, i) => `export * as door${i} from ${JSON.stringify(`wakeq${door.slice(1)}`)};`);
  await writeFile(join(folder, "use.ts"), USE + doors.join("\n"));
});
afterAll(() => remove());

test.each([
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "node16", moduleResolution: "node16" },
  { module: "esnext", moduleResolution: "bundler" },
])(
  "the types of every door are complete with moduleResolution $moduleResolution, and those of a task follow it",
  async (modules) => {
    const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true };
    const compilerOptions = { ...modules, ...strict, target: "es2023", lib: ["es2023", "dom"], types: [] };
    const config = `tsconfig.${modules.moduleResolution}.json`;
    await writeFile(join(folder, config), JSON.stringify({ compilerOptions, files: ["use.ts"] }));
    const { stdout } = await promisify(execFile)(process.execPath, [TSC, "-p", config], { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout.match(/error TS.*/g)).toEqual([
      expect.stringMatching(/'(number|1)' is not assignable to (type|parameter)/),
    ]);
  },
);
