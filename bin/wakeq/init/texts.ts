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
export function serverText(queue: string): string {
  return `import { serve } from "wakeq/node";
import { queue } from "${queue}";

// The HTTP API, the dashboard and a worker in one process, on PORT.
await serve(queue);
`;
}

/** What a user adds to a file of their own. */
export function mountFor(kind: Kind, queuePath: string): { where: string; text: string } | undefined {
  const queue = `./${queuePath.replace(/\.([mc]?)ts$/, ".$1js")}`;
  switch (kind) {
    case "Express":
      return {
        where: "your app",
        text: `${nodeImports(queue)}\n\napp.use("/queue", toNode(queue));\nawait startWorker(queue);`,
      };
    case "Fastify":
      return {
        where: "your app",
        text: `${nodeImports(queue)}

const listener = toNode(queue);
app.addHook("onRequest", (request, reply, done) => listener(request.raw, reply.raw, done));
await startWorker(queue);`,
      };
    case "Hono":
      return {
        where: "your app",
        text: `import { queue } from "${queue}";\n\napp.all("/queue/*", (context) => queue.fetch(context.req.raw));`,
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

function nodeImports(queue: string): string {
  return `import { startWorker, toNode } from "wakeq/node";\nimport { queue } from "${queue}";`;
}
