import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FolderInUse, lock } from "../src/lock.ts";

const HOLDER = ["--import", "tsx", fileURLToPath(new URL("./holder.ts", import.meta.url))];
/** Runs processes in PID and network namespaces of their own, as in another container. */
const ELSEWHERE = ["unshare", "--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child"];
const hasNamespaces = spawnSync(ELSEWHERE[0]!, [...ELSEWHERE.slice(1), "true"]).status === 0;

let folder: string;
let ends: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "wakeq-lock-"));
});
afterEach(async () => {
  for (const end of ends) await end();
  ends = [];
  await rm(folder, { recursive: true, force: true });
});

/** Starts a process that takes locks on command. */
function holder(wrapped: readonly string[] = []) {
  const [command, ...args] = [...wrapped, process.execPath, ...HOLDER];
  const child = spawn(command!, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = once(child, "exit");
  ends.push(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return {
    child,
    exited,
    async tell(line: string): Promise<string> {
      child.stdin.write(`${line}\n`);
      return (await lines.next()).value as string;
    },
  };
}

const refused = () => expect(lock(folder)).rejects.toThrow(FolderInUse);

test("a folder that is held is refused until it is given back, even to the process that holds it", async () => {
  const give = await lock(folder);
  await refused();
  await give();
  await give();
  const again = await lock(folder);
  await refused();
  await again();
});

test.each([
  ["on this machine", []],
  ["in other namespaces", ELSEWHERE],
] as const)("the lock of a process %s is held while it is stopped, and ends when it is killed", async (_, wrapped) => {
  if (wrapped.length > 0 && !hasNamespaces) return;
  const other = holder(wrapped);
  expect(await other.tell(`take ${folder}`)).toBe("held");
  await refused();
  other.child.kill("SIGSTOP");
  await refused();
  other.child.kill("SIGKILL");
  await other.exited;
  for (;;) {
    // A process inside `unshare` ends a moment after it.
    const give = await lock(folder).catch(() => undefined);
    if (give) return give();
  }
});

test.runIf(hasNamespaces)("a process in other namespaces is refused a folder that is held here", async () => {
  const give = await lock(folder);
  const other = holder(ELSEWHERE);
  expect(await other.tell(`take ${folder}`)).toBe("FolderInUse");
  await give();
  expect(await other.tell(`take ${folder}`)).toBe("held");
});

test("of several processes that start together over a dead lock, exactly one gets the folder", async () => {
  const racers = Array.from({ length: 5 }, () => holder());
  const dead = holder();
  await dead.tell(`take ${folder}`);
  dead.child.kill("SIGKILL");
  await dead.exited;
  for (let round = 0; round < 40; round++) {
    const answers = await Promise.all(racers.map((racer) => racer.tell(`take ${folder}`)));
    expect(answers.toSorted()).toEqual([...Array(4).fill("FolderInUse"), "held"]);
    await racers[answers.indexOf("held")]!.tell("give");
  }
  expect((await readdir(folder)).length).toBe(1);
});

test("of twenty starts in one process, exactly one gets the folder, thirty times over", async () => {
  for (let round = 0; round < 30; round++) {
    const taken = await Promise.all(Array.from({ length: 20 }, () => lock(folder).catch(() => undefined)));
    const [give, ...others] = taken.filter((each) => each !== undefined);
    expect([typeof give, others.length]).toEqual(["function", 0]);
    await give!();
  }
});

test.each([60, 90, 103, 107, 108, 150, 400])(
  "a folder whose path has %i bytes has a lock of its own",
  async (bytes) => {
    const long = async (end: string) => {
      const missing = bytes - Buffer.byteLength(folder) - end.length;
      const steps = "é".repeat(200).slice(0, Math.floor((missing - 2) / 2)); // two bytes each
      const path = join(folder, ...[steps.slice(0, 100), steps.slice(100)].filter((part) => part !== ""), end);
      await mkdir(path, { recursive: true });
      return path;
    };
    const [one, two] = [await long("one"), await long("two")];
    const gives = [await lock(one), await lock(two)];
    for (const path of [one, two]) {
      await expect(lock(path)).rejects.toThrow(FolderInUse);
      expect(await readdir(path)).toEqual(["lock.1"]);
    }
    for (const give of gives) await give();
  },
);

test("files left by earlier versions and killed starts block nothing", async () => {
  await writeFile(join(folder, "lock"), `${process.pid}\n`);
  await writeFile(join(folder, "store.lock"), "1");
  await writeFile(join(folder, "lock.7"), ""); // as in a copied folder: a plain file, not a socket
  await (await lock(folder))();
});

test("a folder that cannot hold a socket is refused, and the message says so", async () => {
  await expect(lock(join(folder, "missing"))).rejects.toThrow(/cannot be locked: .*Use a folder on a disk/);
});
