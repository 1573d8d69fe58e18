import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

export interface Instruction {
  name: string;
  text: string;
}

/** What a Dockerfile builds, without Docker: folders instead of file systems, processes instead of containers. */
export interface Image {
  /** A path on this machine. */
  workdir: string;
  /** The folder with everything in the last stage. */
  root: string;
  environment: Record<string, string>;
  user: string;
  exposed: number[];
  cmd: string[];
  healthcheck: { flags: string; cmd: string[] };
  base: string;
  remove(): void;
}

/** The instructions of a Dockerfile in order, with continued lines joined. */
export function instructionsOf(text: string): Instruction[] {
  const lines = text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .replace(/\\\n\s*/g, "")
    .split("\n");
  return lines
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      if (!name) throw new Error(`no instruction: ${line}`);
      return { name, text: rest! };
    });
}

/** The build context that `.dockerignore` leaves. It must be a list of what is let in: no other kind is supported. */
export function contextOf(dockerignore: string): (path: string) => boolean {
  const rules = dockerignore.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  if (rules[0] !== "*" || !rules.slice(1).every((rule) => /^![\w.-]+$/.test(rule)))
    throw new Error(".dockerignore is to let in names of the top level, one by one");
  const allowed = rules.slice(1).map((rule) => rule.slice(1));
  return (path) => allowed.includes(normalize(path).split("/")[0]!);
}

/**
 * Runs the Dockerfile's instructions for the service in `root`. Instead of running `npm ci` it links this repository's
 * node_modules, so nothing is downloaded.
 */
export function buildImage(root = ROOT): Image {
  const instructions = instructionsOf(readFileSync(join(root, "Dockerfile"), "utf8"));
  const isInContext = contextOf(readFileSync(join(root, ".dockerignore"), "utf8"));
  const folder = mkdtempSync(join(tmpdir(), "wakeq-image-"));
  const stages = new Map<string, string>();
  const args: Record<string, string> = {};
  const fresh = (base: string): Image => ({
    workdir: "/",
    root: mkdtempSync(join(folder, "stage-")),
    environment: {},
    user: "root",
    exposed: [],
    cmd: [],
    healthcheck: { flags: "", cmd: [] },
    base,
    remove: () => rmSync(folder, { recursive: true }),
  });
  let image: Image | undefined;
  const inside = (path: string) => join(image!.root, path.startsWith("/") ? path : join(image!.workdir, path));

  const does: Record<string, (text: string) => void> = {
    ARG: (text) => {
      const [name, value] = text.split("=");
      args[name!] = value!;
    },
    FROM: (text) => {
      const [, base, , name] = /^(\S+)( AS (\w+))?$/.exec(
        text.replace(/\$\{(\w+)\}/g, (_, arg: string) => args[arg]!),
      )!;
      image = fresh(base!);
      if (name) stages.set(name, image.root);
    },
    WORKDIR: (text) => {
      image!.workdir = text;
      mkdirSync(inside("."), { recursive: true });
    },
    COPY: (text) => {
      const words = text.split(/\s+/);
      const stage = /^--from=(\w+)$/.exec(words[0]!)?.[1];
      const [sources, target] = [words.slice(stage ? 1 : 0, -1), words.at(-1)!];
      for (const source of sources) {
        if (!stage && !isInContext(source)) throw new Error(`COPY ${source}: .dockerignore keeps it out`);
        const from = stage ? join(stages.get(stage)!, source) : join(root, source);
        if (!existsSync(from)) throw new Error(`COPY ${source}: it is not there`);
        const isFile = !readable(from);
        const to = inside(isFile && target.endsWith("/") ? join(target, source) : target);
        mkdirSync(dirname(to), { recursive: true });
        cpSync(from, to, { recursive: true });
      }
    },
    RUN: (text) => {
      const cwd = inside(".");
      if (/^npm ci\b/.test(text)) {
        if (!existsSync(join(cwd, "package-lock.json"))) throw new Error("npm ci needs package-lock.json");
        symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"));
      } else execFileSync("sh", ["-c", text], { cwd, stdio: "pipe", env: { ...process.env, ...image!.environment } });
    },
    ENV: (text) => {
      for (const [, name, value] of text.matchAll(/(\w+)=(\S+)/g)) image!.environment[name!] = value!;
    },
    USER: (text) => {
      image!.user = text;
    },
    EXPOSE: (text) => {
      image!.exposed = text.split(/\s+/).map(Number);
    },
    HEALTHCHECK: (text) => {
      const [flags, cmd] = text.split(/\s*CMD\s+/);
      image!.healthcheck = { flags: flags!, cmd: JSON.parse(cmd!) as string[] };
    },
    CMD: (text) => {
      image!.cmd = JSON.parse(text) as string[];
    },
  };
  for (const { name, text } of instructions) {
    const run = does[name];
    if (!run) throw new Error(`the Dockerfile has an instruction that this test does not know: ${name}`);
    run(text);
  }
  return { ...image!, workdir: inside(".") };
}

function readable(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}
