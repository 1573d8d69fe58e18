/** Turns `submitJob` into `SubmitJob`. */
export function upperFirst(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Turns `send_email` into `SendEmail`. */
export function pascalCase(name: string): string {
  return name
    .split(/[\W_]+/)
    .map(upperFirst)
    .join("");
}
