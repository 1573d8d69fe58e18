import { posix } from "node:path";
import { QUEUE_FILES } from "../find-queue.ts";
import { type Kind, type Project, withScript } from "./project.ts";
import { mountFor, nextRoute, queueText, serverText } from "./texts.ts";

/** A file that `wakeq init` writes, or would. */
export interface PlannedFile {
  path: string;
  text: string;
  /** What is shown of it. Default: all. */
  shown?: string;
}

/** What `wakeq init` does in a project. */
export interface Plan {
  /** At most three. */
  files: PlannedFile[];
  /** Files that are there already, with what they would need. */
  kept: PlannedFile[];
  /** What the user adds by hand, and where. */
  byHand: { where: string; text: string } | undefined;
  /** What stands in the way. */
  warning: string | undefined;
  /** Packages to install. */
  missing: string[];
}

const SCRIPT = { name: "queue", command: "wakeq dev" };

/** Where the API is mounted. Express cuts its path off, and plain Node has none. */
const BASE_PATHS: { [kind in Kind]?: string } = {
  Next: "/api/queue",
  Serverless: "/queue",
  Hono: "/queue",
  Fastify: "/queue",
};

/** Decides what to write. Nothing that exists is in `files`, but for package.json, which gets a script. */
export function planOf(project: Project): Plan {
  const { kind } = project;
  const path = queuePathOf(project);
  const queue = { path, text: queueText(BASE_PATHS[kind]) };
  const found = QUEUE_FILES.find((each) => project.has(each));
  const second = secondFile(project, found ?? path);
  const wanted = [found ? { ...queue, path: found } : queue, ...(second ? [second] : [])];
  const manifest = withScript(project.manifest, SCRIPT.name, SCRIPT.command);
  const script = { path: "package.json", text: manifest ?? "", shown: `"${SCRIPT.name}": "${SCRIPT.command}"` };
  return {
    files: [...wanted.filter((each) => !project.has(each.path)), ...(manifest === undefined ? [] : [script])],
    kept: wanted.filter((each) => project.has(each.path)),
    byHand: mountFor(kind, found ?? path, syntaxOf(project)),
    warning: warningFor(project),
    missing: ["wakeq", "zod"].filter((name) => !project.hasPackage(name)),
  };
}

function queuePathOf({ kind, isTypeScript, type, hasSrc, has }: Project): string {
  const name = isTypeScript ? "queue.ts" : type === "module" ? "queue.js" : "queue.mjs";
  if (kind === "Next") return has("src/app") || has("src/pages") ? `src/${name}` : `lib/${name}`;
  return isTypeScript || hasSrc ? `src/${name}` : name;
}

/** How the user's own files import others: as modules, or, in JavaScript, as most projects without "type" do. */
function syntaxOf({ isTypeScript, type }: Project): "import" | "require" {
  return isTypeScript || type === "module" ? "import" : "require";
}

/** The file that serves the queue, where the project has a place of its own for one. */
function secondFile(project: Project, queuePath: string): PlannedFile | undefined {
  const { kind, isTypeScript, type } = project;
  if (kind === "Next") {
    const app = project.has("src/app") || project.has("src/pages") ? "src/app" : "app";
    const path = `${app}/api/queue/[[...path]]/route.${isTypeScript ? "ts" : "js"}`;
    return { path, text: nextRoute(specifier(path, queuePath, "bundler")) };
  }
  if (kind !== "Node") return undefined;
  const path = queuePath.replace(/queue\.(\w+)$/, "queue-server.$1");
  return { path, text: serverText(specifier(path, queuePath, "node"), !path.endsWith(".ts") || type === "module") };
}

/** Writes how one file imports the other. TypeScript for Node names the file that tsc makes; a bundler needs no ending. */
function specifier(from: string, to: string, resolution: "node" | "bundler"): string {
  const path = posix.relative(posix.dirname(from), to);
  const ended = resolution === "bundler" ? path.replace(/\.ts$/, "") : path.replace(/\.([mc]?)ts$/, ".$1js");
  return ended.startsWith(".") ? ended : `./${ended}`;
}

function warningFor({ kind, type }: Project): string | undefined {
  return kind === "Next" && type === "commonjs"
    ? 'package.json says "type": "commonjs", with which next build fails: remove that line, which npm init wrote'
    : undefined;
}
