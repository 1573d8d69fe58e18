import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { CommandError } from "./command-error.ts";
import type { Values } from "./commands.ts";
import { type Plan, type PlannedFile, planOf } from "./init/plan.ts";
import { type Project, readProject } from "./init/project.ts";

/** Runs `wakeq init`: shows what it would write, asks, and writes it. It never overwrites a file. */
export async function init({ yes }: Values): Promise<number> {
  const folder = process.cwd();
  const project = readProject(folder);
  const plan = planOf(project);
  const language = project.isTypeScript ? "TypeScript" : "JavaScript";
  console.log(`wakeq: this is ${project.kind === "Express" ? "an" : "a"} ${project.kind} project in ${language}\n`);
  for (const file of plan.files) console.log(shown(file));
  for (const file of plan.kept)
    console.log(`${file.path} is there already and stays as it is. Such a file has:\n${bars(file.text)}`);
  if (plan.files.length > 0) {
    if (!yes && !(await agreed())) throw new CommandError("nothing was written");
    for (const file of plan.files) await write(folder, file);
    console.log(`wakeq: wrote ${plan.files.map(({ path }) => path).join(", ")}`);
  } else {
    console.log("wakeq: there is nothing to write");
  }
  console.log(nextSteps(project, plan));
  return 0;
}

function shown({ path, text, shown: part }: PlannedFile): string {
  return `${path}${part === undefined ? "" : " gets the script"}\n${bars(part ?? text)}`;
}

function bars(text: string): string {
  return `${text.trimEnd().replace(/^/gm, "  | ")}\n`;
}

async function agreed(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new Promise<string>((resolve) => terminal.once("close", () => resolve("n")));
  const answer = await Promise.race([terminal.question("write these? [Y/n] "), ended]);
  terminal.close();
  return /^\s*(y(es)?)?\s*$/i.test(answer);
}

/** Writes a file. One that has come since the plan was made stays, but for package.json. */
async function write(folder: string, { path, text }: PlannedFile): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { flag: path === "package.json" ? "w" : "wx" });
}

function nextSteps(project: Project, { byHand, warning, missing }: Plan): string {
  const steps = [...(missing.length > 0 ? [`${installerOf(project)} ${missing.join(" ")}`] : []), "npx wakeq dev"];
  return [
    ...(warning ? [`\n  Careful: ${warning}.`] : []),
    ...(byHand ? [`\n  Add to ${byHand.where}:\n`, byHand.text.replace(/^(?=.)/gm, "    ")] : []),
    `\n  Then run:\n\n${steps.map((step) => `    ${step}`).join("\n")}\n`,
  ].join("\n");
}

function installerOf({ has }: Project): string {
  if (has("pnpm-lock.yaml")) return "pnpm add";
  if (has("yarn.lock")) return "yarn add";
  if (has("bun.lock") || has("bun.lockb")) return "bun add";
  return "npm install";
}
