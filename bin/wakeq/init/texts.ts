import type { Kind } from "./project.ts";

/** The queue file: one task, and the queue. It is the same in JavaScript and in TypeScript. */
export function queueText(basePath: string | undefined): string {
  return `import { defineQueue, defineTask } from "wakeq";
import * as z from "zod";

export const welcome = defineTask({
  name: "welcome",
  input: z.object({ name: z.string() }),
  async run({ input, log }) {
    log(\`welcome, \${input.name}\`);
    return { welcomed: input.name };
  },
});

// Its database is the one of UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN. npx wakeq dev brings one along.
export const queue = defineQueue({ tasks: [welcome]${basePath ? `, basePath: "${basePath}"` : ""} });
`;
}

/** The catch-all route of Next. */
export function nextRoute(queue: string): string {
  return `import { toNext } from "wakeq/next";
import { queue } from "${queue}";

export const { GET, POST, PUT, DELETE, OPTIONS } = toNext(queue);
export const maxDuration = 300;
`;
}

/** A process that serves the queue and runs its jobs. */
export function serverText(queue: string, mayAwait: boolean): string {
  return `import { serve } from "wakeq/node";
import { queue } from "${queue}";

// The HTTP API, the dashboard and a worker in one process, on PORT.
${mayAwait ? "await" : "void"} serve(queue);
`;
}

/** What a user adds to a file of their own. */
export function mountFor(
  kind: Kind,
  queuePath: string,
  syntax: "import" | "require",
): { where: string; text: string } | undefined {
  const queue = importOf("queue", `./${queuePath.replace(/\.([mc]?)ts$/, ".$1js")}`, syntax);
  const node = importOf("startWorker, toNode", "wakeq/node", syntax);
  const start = "startWorker(queue);"; // without await, which a project in CommonJS cannot have at the top
  switch (kind) {
    case "Express":
      return { where: "your app", text: `${node}\n${queue}\n\napp.use("/queue", toNode(queue));\n${start}` };
    case "Fastify":
      return {
        where: "your app",
        text: `${node}
${queue}

const listener = toNode(queue);
app.addHook("onRequest", (request, reply, done) => listener(request.raw, reply.raw, done));
${start}`,
      };
    case "Hono":
      return {
        where: "your app",
        text: `${importOf("startWorker", "wakeq/node", syntax)}
${queue}

app.all("/queue/*", (context) => queue.fetch(context.req.raw));
${start}`,
      };
    case "Serverless":
      return {
        where: "serverless.yml",
        text: `plugins:\n  - wakeq/serverless\ncustom:\n  wakeq:\n    queue: ${queuePath}\n    path: /queue`,
      };
    default:
      return undefined;
  }
}

function importOf(names: string, from: string, syntax: "import" | "require"): string {
  return syntax === "import" ? `import { ${names} } from "${from}";` : `const { ${names} } = require("${from}");`;
}
