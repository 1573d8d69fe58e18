import * as z from "zod/mini";
import { defineTask } from "../../lib/tasks.ts";

/*
 * Tasks as people write them, each with a different kind of package that it imports when it runs. They are put into a copy
 * of the service, so of our files they import only lib/tasks.ts. The sixth is the README's own example (real.ts).
 */

/** An SDK with many files and conditional exports: openai. */
export const askModel = defineTask({
  name: "ask_model",
  input: z.strictObject({ baseURL: z.url(), question: z.string() }),
  async run({ input: { baseURL, question }, signal }) {
    const { default: OpenAI } = await import("openai");
    const client = new OpenAI({ baseURL, apiKey: "a-key", maxRetries: 0 });
    const messages = [{ role: "user" as const, content: question }];
    const answer = await client.chat.completions.create({ model: "a-model", messages }, { signal });
    return answer.choices[0]!.message.content;
  },
});

/** A CommonJS package that requires another one, pg-native, which is not installed. */
export const queryDatabase = defineTask({
  name: "query_database",
  input: z.strictObject({ url: z.url(), n: z.int() }),
  async run({ input: { url, n } }) {
    const { default: pg } = await import("pg");
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      const { rows } = await client.query("SELECT $1::int * 2 AS twice, DATE '2030-01-02' AS day", [n]);
      return rows[0] as { twice: number; day: Date };
    } finally {
      await client.end();
    }
  },
});

/** A package that is only an ES module, with many dependencies: got. */
export const fetchPolitely = defineTask({
  name: "fetch_politely",
  input: z.strictObject({ url: z.url() }),
  async run({ input: { url }, signal }) {
    const { got } = await import("got");
    return got.get(url, { signal, searchParams: { q: "a b" } }).json();
  },
});

/** A CommonJS package that reads its own files by `__dirname`: pdfkit with its fonts. */
export const printPage = defineTask({
  name: "print_page",
  input: z.strictObject({ text: z.string() }),
  async run({ input: { text } }) {
    const { default: PDFDocument } = await import("pdfkit");
    const page = new PDFDocument({ size: "A4", compress: false });
    const chunks: Buffer[] = [];
    page.on("data", (chunk: Buffer) => chunks.push(chunk));
    const width = page.font("Helvetica").fontSize(12).widthOfString(text);
    page.text(text).end();
    await new Promise((resolve) => page.once("end", resolve));
    const pdf = Buffer.concat(chunks).toString("latin1");
    return { starts: pdf.slice(0, 8), font: /\/BaseFont \/(\w+)/.exec(pdf)?.[1], width };
  },
});

/** Starts a thread and a process. */
export const computeAside = defineTask({
  name: "compute_aside",
  input: z.strictObject({ n: z.int() }),
  async run({ input: { n }, signal }) {
    const { Worker } = await import("node:worker_threads");
    const { execFile } = await import("node:child_process");
    const code =
      "const { parentPort, workerData: n, isMainThread } = require('node:worker_threads'); parentPort.postMessage([isMainThread, n ** 2])";
    const ofThread = new Promise((resolve, reject) => {
      new Worker(code, { eval: true, workerData: n }).once("message", resolve).once("error", reject);
    });
    const ofProcess = new Promise<string>((resolve, reject) => {
      const script = `console.log(process.ppid !== process.pid, ${n} ** 3)`;
      execFile(process.execPath, ["-e", script], { signal, env: {} }, (error, stdout) =>
        error ? reject(error) : resolve(stdout.trim()),
      );
    });
    return { thread: await ofThread, process: await ofProcess };
  },
});
