import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isAlive } from "../../local/processes.ts";
import { until } from "../support/worker.ts";
import { useInstalled, writeIn } from "./built.ts";
import { useRunning } from "./command.ts";

const { project, script } = useInstalled();
const start = useRunning();

const HEAD = `import { defineQueue, defineTask } from "wakeq";\nimport * as z from "zod";\n`;
/** A task that says what its module says, and which process runs it. */
const SAY = `import { word } from "./word.js";
const say = defineTask({ name: "say", input: z.object({}), run: () => ({ word, pid: process.pid }) });\n`;
const QUEUE = `${HEAD}${SAY}export const queue = defineQueue({ tasks: [say] });\n`;
const FILES = {
  "package.json": '{ "type": "module" }',
  "src/queue.js": QUEUE,
  "src/word.js": 'export const word = "one";\n',
};
/** A task that runs until it must stop. */
const SLOW = `${HEAD}const slow = defineTask({ name: "slow", input: z.object({}), async run({ signal }) {
  if (process.env.QUICK) return { word: "done", pid: process.pid };
  console.log("it runs");
  await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
} });
export const queue = defineQueue({ tasks: [slow] });\n`;

/** Starts `wakeq dev`. `run` submits a job and waits for its result. */
async function startDev(cwd: string, env: Record<string, string> = {}) {
  const dev = start(script(), ["dev", "--port", "0"], { cwd, env });
  const [, url] = await dev.says(/API +(http:\S+)/);
  await dev.says(/Ctrl-C ends it/);
  const submit = async (task: string) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}/submit-job`, { method: "POST", headers, body: JSON.stringify({ task }) });
    return ((await answer.json()) as { job_id: string }).job_id;
  };
  const status = async (id: string) =>
    (await (await fetch(`${url}/job-status/${id}`)).json()) as {
      status: string;
      result: { word: string; pid: number };
      attempts?: unknown[];
    };
  return {
    dev,
    url: url!,
    submit,
    status,
    async run(task: string) {
      const id = await submit(task);
      let job = await status(id);
      await until(async () => {
        job = await status(id);
        return job.status === "completed";
      });
      return job.result;
    },
  };
}

test("a job is completed, the dashboard is there, and Ctrl-C leaves no process", async () => {
  const { dev, url, run } = await startDev(await project(FILES));
  const { word, pid } = await run("say");
  expect(word).toBe("one");
  expect(await (await fetch(`${url}/`)).text()).toContain("<title>");
  expect(isAlive(pid)).toBe(true);
  dev.kill("SIGINT");
  expect(await dev.ended).toBe(0);
  expect(dev.output()).toContain("jobs are kept for the next start");
  expect([isAlive(dev.pid), isAlive(pid)]).toEqual([false, false]);
});

test("Ctrl-C in a terminal, which every process hears, gives a running job back, its attempt unspent", async () => {
  const cwd = await project({ ...FILES, "src/queue.js": SLOW });
  const { dev, submit } = await startDev(cwd);
  const id = await submit("slow");
  await dev.says(/it runs/);
  dev.pressCtrlC();
  expect(await dev.ended).toBe(0);
  const { status } = await startDev(cwd, { QUICK: "yes" });
  await until(async () => (await status(id)).status === "completed");
  expect(await status(id)).toMatchObject({ status: "completed", retries: 0 });
});

test("a database that .env names is used in place of a store here", async () => {
  const other = await project(FILES);
  await startDev(other);
  const { rest } = JSON.parse(await readFile(join(other, ".wakeq/stack.json"), "utf8")) as {
    rest: { url: string; token: string };
  };
  const database = `UPSTASH_REDIS_REST_URL=${rest.url}\nUPSTASH_REDIS_REST_TOKEN=${rest.token}\nKEY_PREFIX=mine\n`;
  const cwd = await project({ ...FILES, ".env": database });
  const { dev, run } = await startDev(cwd);
  expect(dev.output()).toContain(`Store      ${rest.url} (from your settings)`);
  expect((await run("say")).word).toBe("one");
  expect(await readdir(cwd)).not.toContain(".wakeq");
});

test("a setting with a misspelt name is said", async () => {
  const { dev } = await startDev(await project({ ...FILES, ".env": "WORKER_CONCURENCY=3\n" }));
  expect(dev.output()).toContain(
    "WORKER_CONCURENCY is set, and no setting has that name: did you mean WORKER_CONCURRENCY?",
  );
});

test("the user's process does not outlive one that was killed", async () => {
  const { dev, run } = await startDev(await project(FILES));
  const { pid } = await run("say");
  dev.kill("SIGKILL");
  await dev.ended;
  await until(() => !isAlive(pid));
});

test("jobs are kept from one start to the next", async () => {
  const cwd = await project(FILES);
  const first = await startDev(cwd);
  const id = await first.submit("say");
  first.dev.kill("SIGINT");
  await first.dev.ended;
  const second = await startDev(cwd);
  await until(async () => (await second.status(id)).status === "completed");
  expect(await readFile(join(cwd, ".wakeq/.gitignore"), "utf8")).toBe("*\n");
});

test("an edit is loaded, a syntax error is shown with its place, and the next change is waited for", async () => {
  const cwd = await project(FILES);
  const { dev, run } = await startDev(cwd);
  const before = await run("say");
  await writeIn(cwd, "src/queue.js", QUEUE.replace("{ word,", '{ word: word + " and two",'));
  await dev.says(/src\/queue\.js changed: ready again/);
  const after = await run("say");
  expect(after.word).toBe("one and two");
  expect(after.pid).not.toBe(before.pid);
  expect(isAlive(before.pid)).toBe(false);

  await writeIn(cwd, "src/queue.js", `${QUEUE}const a = ;\n`);
  await dev.says(/src\/queue\.js:6: Unexpected token ';'\n.*waiting for a change/);
  await writeIn(cwd, "src/queue.js", QUEUE);
  await dev.says(/ready again/);
  expect((await run("say")).word).toBe("one");
});

test("a file that the queue imports is watched, and .env is", async () => {
  const cwd = await project({
    ...FILES,
    ".env": "WORD=three\n",
    "src/queue.js": QUEUE.replace("{ word,", "{ word: word + process.env.WORD,"),
  });
  const { dev, run } = await startDev(cwd);
  expect((await run("say")).word).toBe("onethree");
  await writeIn(cwd, "src/word.js", 'export const word = "two";\n');
  await dev.says(/src\/word\.js changed: ready again/);
  expect((await run("say")).word).toBe("twothree");
  await writeIn(cwd, ".env", "WORD=four\n");
  await dev.says(/\.env changed: ready again/);
  expect((await run("say")).word).toBe("twofour");
});

test("a job that runs while a file is saved is given back, its attempt unspent", async () => {
  const cwd = await project({ ...FILES, "src/queue.js": SLOW });
  const { dev, submit, status } = await startDev(cwd);
  const id = await submit("slow");
  await dev.says(/it runs/);
  await writeIn(cwd, ".env", "QUICK=yes\n");
  await until(async () => (await status(id).catch(() => undefined))?.status === "completed");
  expect(await status(id)).toMatchObject({ status: "completed", retries: 0 });
});

test("a task that kills its process costs itself alone: the process is started again, and that is said", async () => {
  const die = `const die = defineTask({ name: "die", input: z.object({}), run: () => process.kill(process.pid, "SIGKILL") });
const exit = defineTask({ name: "exit", input: z.object({}), maxRetries: 0, run: () => process.exit(3) });\n`;
  const queue = `${HEAD}${SAY}${die}export const queue = defineQueue({ tasks: [say, die, exit] });\n`;
  const { dev, submit, status, run } = await startDev(await project({ ...FILES, "src/queue.js": queue }));
  await submit("die");
  await dev.says(/the process that runs your tasks ended \(SIGKILL\): starting it again/);
  await dev.says(/ready again/);
  expect((await run("say")).word).toBe("one");
  const exited = await submit("exit");
  await until(async () => (await status(exited)).status === "failed");
  expect((await run("say")).word).toBe("one");
});

test("what the queue file logs is shown, and a store that another wakeq dev has is refused with a way out", async () => {
  const cwd = await project({ ...FILES, "src/queue.js": `${QUEUE}console.log("hello from the file");\n` });
  const { dev } = await startDev(cwd);
  expect(dev.output()).toContain("hello from the file");
  const second = start(script(), ["dev", "--port", "0"], { cwd });
  expect(await second.ended).toBe(1);
  expect(second.output()).toBe(
    "wakeq: another wakeq dev runs on the data in .wakeq/data: end it, or pass another folder with --data\n",
  );
});

test("a port that is taken is said, and the next one used", async () => {
  const { url } = await startDev(await project(FILES));
  const taken = Number(new URL(url).port);
  const cwd = await project(FILES);
  const dev = start(script(), ["dev"], { cwd, env: { PORT: String(taken) } });
  await dev.says(new RegExp(`port ${taken} is taken: using \\d+`));
  await dev.says(/is ready/);
});
