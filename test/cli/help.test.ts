import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { COMMANDS } from "../../bin/wakeq/commands.ts";
import { useInstalled } from "./built.ts";
import { run } from "./command.ts";

const { project, script } = useInstalled();

test("the help lists the commands", async () => {
  const cwd = await project({});
  const { code, stdout, stderr } = await run(script(), ["--help"], { cwd });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatchInlineSnapshot(`
    "npx wakeq COMMAND [options]

      init    adds a queue to this project: shows the files, asks, writes them
      dev     runs your queue on this machine: store, API, worker and dashboard; reloads
      run     runs a program of yours on the store of the wakeq dev in this project
      worker  runs a worker for your queue as a process
      doctor  checks your settings and the database that they name
      key     makes an API key
      types   writes the types of your tasks, for a client in another repository

    npx wakeq COMMAND --help lists the options of a command; npx wakeq --version prints the version.
    "
  `);
  for (const args of [[], ["help"], ["-h"]]) expect((await run(script(), args, { cwd })).stdout).toBe(stdout);
});

test("each command has its help", async () => {
  const cwd = await project({});
  for (const name of Object.keys(COMMANDS)) {
    const { code, stdout } = await run(script(), [name, "--help"], { cwd });
    expect([name, code]).toEqual([name, 0]);
    const takes = name === "run" ? "COMMAND…" : "\\[options\\]";
    expect(stdout).toMatch(new RegExp(`^npx wakeq ${name} ${takes}\n`));
  }
  expect((await run(script(), ["dev", "--help"], { cwd })).stdout).toMatchInlineSnapshot(`
    "npx wakeq dev [options]
      runs your queue on this machine: store, API, worker and dashboard; reloads

      --queue PATH   the file that exports your queue; default: src/queue.ts, queue.js and the like
      --port PORT    default: PORT, else 3000, or the next free one
      --data FOLDER  where the embedded store keeps its data; default: .wakeq/data
    "
  `);
});

test("unknown commands and options get the help on stderr, and exit with 2", async () => {
  const cwd = await project({});
  const lines: [args: string[], line: string][] = [
    [["bogus"], 'there is no command "bogus"'],
    [["constructor"], 'there is no command "constructor"'],
    [["dev", "--nope"], "dev: unknown option '--nope'"],
    [["dev", "more"], "dev: unexpected argument 'more'"],
    [["init", "--yes=no"], "init: option '--yes' does not take an argument"],
    [["run", "--nope", "node"], "run: unknown option '--nope'"],
    [["types", "--out"], "types: option '--out <value>' argument missing"],
  ];
  for (const [args, line] of lines) {
    const { code, stdout, stderr } = await run(script(), args, { cwd });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.startsWith(`wakeq: ${line}\n\nnpx wakeq `)).toBe(true);
    expect(stderr).not.toMatch(/^ +at /m);
  }
});

test("--version prints the version of the package", async () => {
  const { stdout } = await run(script(), ["--version"], { cwd: await project({}) });
  expect(stdout).toBe("0.0.0-test\n");
});

test("an old Node gets one line", async () => {
  const before = `data:text/javascript,Object.defineProperty(process.versions, "node", { value: "18.20.4" })`;
  const said = await new Promise<string>((resolve) =>
    execFile(process.execPath, ["--import", before, script(), "dev"], (error, _, stderr) =>
      resolve(`${error?.code} ${stderr}`),
    ),
  );
  expect(said).toBe("1 wakeq: Node 18.20.4 is too old: install 20.19 or later\n");
});
