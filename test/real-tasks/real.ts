import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { PGlite } from "@electric-sql/pglite";
import sharp from "sharp";

/** A job of a real task, and the result that only the real package gives. */
export interface RealJob {
  task: string;
  payload: unknown;
  result: unknown;
}

/** The servers that the real tasks call, and a job for each task. */
export async function startRealWorld(): Promise<{ jobs: RealJob[]; stop(): Promise<void> }> {
  const image = await sharp({ create: { width: 64, height: 32, channels: 3, background: "#d33" } })
    .png()
    .toBuffer();
  const [http, database] = await Promise.all([startHttp(image), startDatabase()]);
  const small = await sharp(image).resize(16).png().toBuffer();
  return {
    jobs: [
      {
        task: "ask_model",
        payload: { baseURL: `${http.url}/v1`, question: "why?" },
        result: "asked why? by OpenAI/JS 6.49.0 with Bearer a-key",
      },
      {
        task: "query_database",
        payload: { url: database.url, n: 21 },
        // The day as node-postgres reads it: midnight where it runs.
        result: { twice: 42, day: new Date(2030, 0, 2).toISOString() },
      },
      { task: "resize_image", payload: { url: `${http.url}/image.png`, width: 16 }, result: { bytes: small.length } },
      {
        task: "fetch_politely",
        payload: { url: `${http.url}/echo` },
        result: { path: "/echo?q=a+b", agent: "got (https://github.com/sindresorhus/got)" },
      },
      // From the font file: W 944, A 667, V 667, kerned by -50 and -70, all in thousandths.
      {
        task: "print_page",
        payload: { text: "WAV" },
        result: { starts: "%PDF-1.3", font: "Helvetica", width: 25.896 },
      },
      { task: "compute_aside", payload: { n: 7 }, result: { thread: [false, 49], process: "true 343" } },
    ],
    async stop() {
      await http.stop();
      await database.stop();
    },
  };
}

/** An image, a mirror, and a stub of OpenAI's API. */
async function startHttp(image: Buffer) {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { url = "", headers } = request;
    if (url === "/image.png") return response.end(image);
    response.setHeader("content-type", "application/json");
    if (url.startsWith("/echo")) return response.end(JSON.stringify({ path: url, agent: headers["user-agent"] }));
    const { messages } = JSON.parse(body) as { messages: { content: string }[] };
    const content = `asked ${messages[0]!.content} by ${headers["user-agent"]} with ${headers.authorization}`;
    const choices = [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }];
    return response.end(JSON.stringify({ id: "1", object: "chat.completion", created: 1, model: "a-model", choices }));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** PostgreSQL, compiled to WebAssembly, behind its own protocol: one connection after another, as there is one of it. */
async function startDatabase() {
  const database = await PGlite.create();
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    let before: Promise<unknown> = Promise.resolve();
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    socket.on("data", (data) => {
      before = before.then(async () => {
        const reply = await database.execProtocolRaw(new Uint8Array(data));
        if (socket.writable) socket.write(reply);
      });
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `postgres://postgres@127.0.0.1:${(server.address() as AddressInfo).port}/postgres`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await database.close();
    },
  };
}
