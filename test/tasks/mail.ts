import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach } from "vitest";
import { gate } from "../support/worker.ts";

/** Starts mail servers, which end with their test. */
export function useMailServers() {
  const closings: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closings.splice(0)) await close();
  });

  /** A mail server that accepts every mail, except for the commands in `answers`: `{ RCPT: "550 no such user" }`. */
  async function mailServer(answers: Record<string, string> = {}) {
    const mails: string[] = [];
    const said: string[] = [];
    const sockets = new Set<Socket>();
    const data = gate();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
      let body: string | undefined;
      let rest = "";
      socket.write("220 test ESMTP\r\n");
      socket.setEncoding("utf8").on("data", (text) => {
        const lines = (rest + text).split("\r\n");
        rest = lines.pop()!;
        for (const line of lines) heard(line);
      });
      function heard(line: string) {
        if (body !== undefined && line !== ".") {
          body += `${line}\n`;
          return;
        }
        if (body !== undefined) {
          mails.push(body);
          body = undefined;
          socket.write("250 taken\r\n");
          return;
        }
        said.push(line);
        const verb = line.split(/[ :]/)[0]!.toUpperCase();
        const answer =
          answers[verb] ?? ({ DATA: "354 go on", QUIT: "221 bye" } as Record<string, string>)[verb] ?? "250 ok";
        if (verb === "DATA") data.open();
        if (verb === "DATA" && answer.startsWith("354")) body = "";
        if (answer !== "") socket.write(`${answer}\r\n`);
      }
    });
    server.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const close = async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    };
    closings.push(close);
    return { mails, said, sockets, data, close, smtpUrl: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  return mailServer;
}
