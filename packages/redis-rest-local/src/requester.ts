import { answerJson } from "./answer.ts";
import type { Backend } from "./backend.ts";
import { ReplyError } from "./backend.ts";
import { parseBatch, parseCommand } from "./commands.ts";
import { Executor } from "./executor.ts";

/** Makes a requester for `new Redis(…)` of `@upstash/redis`: the REST API on this backend, without HTTP. */
export function inProcess(backend: Backend) {
  const executor = new Executor(backend, false);
  return {
    async request<T>({ path = [], body }: { path?: string[]; body?: unknown }): Promise<T> {
      const bytes = Buffer.from(JSON.stringify(body));
      if (path[0] !== "pipeline")
        return JSON.parse(answerJson(await executor.run(parseCommand(bytes), false), "plain")) as T;
      const commands = parseBatch(bytes, "pipeline");
      if (commands instanceof ReplyError) return { error: commands.message } as T;
      const replies = await executor.runAll(commands, false);
      return replies.map((reply) => JSON.parse(answerJson(reply, "plain"))) as T;
    },
  };
}
