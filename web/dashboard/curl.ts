import { write } from "./exact.ts";
import type { Job } from "./shapes.ts";

/**
 * Writes the command that submits a job like this one, for a POSIX shell. The key itself is left out: a command is pasted into
 * chats and tickets. `root`: the address under which the API is mounted.
 */
export function curlOf(task: string, exact: Job, root: string, needsKey: boolean): string {
  const { priority, max_retries } = exact;
  const body = {
    task,
    ...("payload" in exact ? { payload: exact.payload } : {}),
    ...(priority === "normal" ? {} : { priority }),
    max_retries,
  };
  const address = new URL("submit-job", root).href;
  return [
    `curl ${quoted(address)}`,
    ...(needsKey ? [`-H "Authorization: Bearer $WAKEQ_KEY"`] : []),
    "-H 'content-type: application/json'",
    `-d ${quoted(write(body))}`,
  ].join(" \\\n  ");
}

/** In single quotes a shell reads every character as it is, but for the quote itself. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
