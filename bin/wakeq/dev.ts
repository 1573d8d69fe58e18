import { basename, join } from "node:path";
import { type Environment, misspeltSettings } from "../../lib/config/config.ts";
import { printable, printableLines } from "../../local/printable.ts";
import { askedToEnd } from "../asked-to-end.ts";
import { type Child, type Ready, startChild } from "./child.ts";
import type { Values } from "./commands.ts";
import { environmentOf } from "./environment.ts";
import { findQueue, shownPath } from "./find-queue.ts";
import { freePort, portOf } from "./port.ts";
import { type DevStore, OWN_FOLDER, openStore } from "./store.ts";
import { isSource, type ProjectWatch, watchProject } from "./watch.ts";

/** Defaults that suit a laptop. A variable that is set wins. */
const LOCAL_DEFAULTS = {
  SHUTDOWN_GRACE_SECONDS: "1", // a person who pressed Ctrl-C, or saved a file, waits this long
  LINGER_SECONDS: "40", // long enough for the third retry to be on time; a waiting worker costs nothing here
};

/** A process that ends sooner than this after it was ready is not started again immediately. */
const SOON_MS = 2_000;
/** The wait before such a process is started again. */
const PAUSE_MS = 1_000;

/** Runs `wakeq dev`: the store in this process, the user's code in another one, which is started again when the code changes. */
export async function dev(values: Values): Promise<number> {
  const asked = askedToEnd().then(() => "asked to end" as const);
  const project = process.cwd();
  const file = findQueue(project, values.queue);
  const environment = environmentOf(project);
  const wanted =
    typeof values.port === "string" ? portOf("--port", values.port) : portOf("PORT", environment.PORT ?? "3000");
  const dataDir = typeof values.data === "string" ? values.data : join(OWN_FOLDER, "data");
  const [port, store] = await Promise.all([
    freePort(wanted),
    openStore({ environment, project, dataDir, say: (line) => print(`wakeq: ${printable(line)}`) }),
  ]);
  for (const { name, nearest } of misspeltSettings(environment))
    print(`wakeq: ${name} is set, and no setting has that name: did you mean ${nearest}?`);
  if (wanted !== 0 && port !== wanted) print(`wakeq: port ${wanted} is taken: using ${port}`);
  const watch = watchProject(project);
  try {
    await new Session({ project, file, port, store, watch, asked }).run();
  } finally {
    watch.close();
    await store.close();
  }
  print("wakeq: ended; jobs are kept for the next start");
  return 0;
}

interface SessionParts {
  project: string;
  file: string;
  port: number;
  store: DevStore;
  watch: ProjectWatch;
  asked: Promise<"asked to end">;
}

/** The processes that run the user's code, one after the other. */
class Session {
  private readonly parts: SessionParts;
  /** Where it was said to be. */
  private greeted: string | undefined;

  constructor(parts: SessionParts) {
    this.parts = parts;
  }

  /** Resolves when the user has asked to end, and the last process has ended. */
  async run(): Promise<void> {
    let why: string | undefined;
    for (;;) {
      const next = await this.once(why);
      if (next === undefined) return;
      why = next;
    }
  }

  /** Runs one process to its end. Returns why the next one is started; undefined to end. */
  private async once(why: string | undefined): Promise<string | undefined> {
    const { project, file, store, watch, asked } = this.parts;
    const began = performance.now();
    const child = startChild(project, file, this.environment(), print);
    let isBroken = false;
    const matters = (path: string) => (isBroken ? isSource(path) : isOf(child, path));
    const changed = watch.next(matters).then((path) => ({ changed: shownPath(project, path) }));
    const started = await Promise.race([child.started, changed, asked]);
    if (started === "asked to end") return this.end(child);
    if ("ready" in started) {
      const { url } = started.ready;
      if (this.greeted === url) print(`wakeq: ${why}: ready again in ${seconds(began)} s, ${tasksIn(started.ready)}`);
      else greet(shownPath(project, file), started.ready, store, began);
      this.greeted = url;
    } else if ("failed" in started) {
      isBroken = true;
      print(`wakeq: ${printableLines(started.failed)}\nwakeq: waiting for a change …`);
    }
    const readyAt = performance.now();
    const happened = await Promise.race([
      "changed" in started ? started : changed,
      asked,
      ...(isBroken ? [] : [child.ended.then((how) => ({ how }))]),
    ]);
    if (happened === "asked to end") return this.end(child);
    await child.stop();
    if ("changed" in happened) return `${happened.changed} changed`;
    print(`wakeq: the process that runs your tasks ended (${happened.how}): starting it again`);
    if (performance.now() - readyAt < SOON_MS) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return "restarted";
  }

  private async end(child: Child): Promise<undefined> {
    print("\nwakeq: ending … (press Ctrl-C again to end immediately)");
    await child.stop();
  }

  private environment(): Environment {
    const { project, port, store } = this.parts;
    const { WORKER_FUNCTION_NAME: _, API_HOST: __, ...given } = environmentOf(project);
    return { ...LOCAL_DEFAULTS, ...given, ...store.variables, IS_LOCAL: "true", PORT: String(port), WORKER_PORT: "0" };
  }
}

/** Tells whether a process must be started again when a file changes: it was started with what the file said. */
function isOf(child: Child, path: string): boolean {
  return basename(path) === ".env" || child.imports(path);
}

function greet(file: string, ready: Ready, { shown }: DevStore, began: number): void {
  const { url, example, hasOwnDatabase } = ready;
  const database = hasOwnDatabase ? `the one that ${file} names` : shown;
  const job =
    example === undefined ? `open ${url}/docs` : `curl -d '${example.replaceAll("'", "'\\''")}' ${url}/submit-job`;
  print(`
  wakeq is ready: ${file}, ${tasksIn(ready)}.

    API        ${url}
    Dashboard  ${url}/
    Docs       ${url}/docs
    Store      ${database}

  Try it:

    ${printable(job)}

  Changes are loaded as you save them. Ctrl-C ends it. (${seconds(began)} s)
`);
}

function tasksIn({ tasks }: Ready): string {
  return tasks.length === 1 ? `task ${tasks[0]}` : `${tasks.length} tasks: ${tasks.join(", ")}`;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(1);
}

function print(text: string): void {
  console.log(text);
}
