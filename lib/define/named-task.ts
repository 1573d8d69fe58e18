/** Gives the name of a task. @throws TypeError where neither a task nor its name was given */
export function nameOf(task: string | { name: string } | undefined): string {
  const name = typeof task === "string" ? task : task?.name;
  if (typeof name === "string") return name;
  throw new TypeError(`expected a task or its name, got ${task === null ? "null" : typeof task}: check its import`);
}
