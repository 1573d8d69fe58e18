import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { emptyProject, install } from "../install/project.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

/** Another person's project: its `node_modules` holds only the packed package. */
let project: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ folder: project, remove } = await emptyProject());
  await install(project);
});
afterAll(() => remove());

/** Bundles as for a browser: an import of `node:` or of a missing package fails. */
async function bundled(source: string, format: "esm" | "iife" = "esm"): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: project },
    bundle: true,
    minify: true,
    write: false,
    platform: "browser",
    format,
    globalName: "page",
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}

test("plain Node can import it, and it works there with the global fetch", async () => {
  const script = `
    import { createServer } from "node:http";
    import { createClient } from "wakeq/client";
    const server = createServer((request, response) => {
      response.end(JSON.stringify({ job_id: request.headers["idempotency-key"] }));
    }).listen(0, "127.0.0.1", async () => {
      const client = createClient({ url: "http://127.0.0.1:" + server.address().port });
      console.log((await client.submit("t", {}, { idempotencyKey: "it works" })).jobId);
      server.closeAllConnections();
      server.close();
    });`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: project });
  expect(stdout.trim()).toBe("it works");
});

test("a browser bundle works without anything from Node", async () => {
  const text = await bundled('export * from "wakeq/client"', "iife");
  const fetch = async () => new Response('{"job_id":"it works"}');
  const page = { fetch, Headers, URLSearchParams, AbortController, performance, setTimeout, clearTimeout };
  const submitted = runInNewContext(`${text};page.createClient({ url: "https://queue.example" }).submit("t")`, page);
  expect(((await submitted) as { jobId: string }).jobId).toBe("it works");
});

test("it is as small as its README says", async () => {
  const bytes = gzipSync(await bundled('export * from "wakeq/client"'), { level: 9 }).length;
  const readme = await readFile(join(ROOT, "client/README.md"), "utf8");
  const said = Number(/([\d.]+) kB minified/.exec(readme)![1]);
  expect(bytes).toBeLessThanOrEqual(said * 1_000);
  expect(said).toBeLessThanOrEqual(4);
});

test("importing node: would break that bundle", async () => {
  await expect(bundled('import "node:crypto"')).rejects.toThrow("node:crypto");
});

test.each([
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
])(
  "its types compile in another project with moduleResolution $moduleResolution, and know the tasks",
  async (modules) => {
    await writeFile(
      join(project, "mine.ts"),
      `import { createClient, type TaskType } from "wakeq/client";
     type Mail = TaskType & { name: "mail"; input: { "~standard": { types?: { input: { to: string } } } }; run(): Promise<{ sent: true }> };
     const client = createClient<readonly [Mail]>({ url: "" });
     export const sent: true = (await client.run("mail", { to: "ada" })).result.sent;
     export const wrong = client.submit("mail", { to: 1 });`,
    );
    const compilerOptions = {
      ...modules,
      target: "es2022",
      lib: ["es2022", "dom"],
      types: [],
      strict: true,
      noEmit: true,
    };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["mine.ts"] }));
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const { stdout } = await run(process.execPath, [tsc], { cwd: project }).catch((error: { stdout: string }) => error);
    expect(stdout.match(/error TS.*/g)).toEqual(["error TS2322: Type 'number' is not assignable to type 'string'."]);
  },
);
