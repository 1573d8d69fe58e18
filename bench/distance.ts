import { once } from "node:events";
import type { AddressInfo } from "node:net";
import * as net from "node:net";

export interface Distance {
  port: number;
  close(): Promise<void>;
}

/**
 * A server on 127.0.0.1 as far away as half a round trip each way: it hands every byte on to `port` that much later, and
 * every answer back. It delays and nothing else: any number of chunks are on their way together, in order.
 */
export async function startDistance(port: number, roundTripMs: number): Promise<Distance> {
  const thereMs = Math.floor(roundTripMs / 2); // timers count whole ms
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const far = net.connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: true });
    delay(near, far, thereMs);
    delay(far, near, roundTripMs - thereMs);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {}); // "close" follows
      socket.once("close", (failed) => {
        sockets.delete(socket);
        if (!failed) return; // its end is on its way, behind what it sent
        near.destroy();
        far.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

/** Timers of the same length ring in the order in which they were set, so chunks stay in order. */
function delay(from: net.Socket, to: net.Socket, ms: number): void {
  from.on("data", (chunk: Buffer) => setTimeout(() => to.write(chunk), ms));
  from.on("end", () => setTimeout(() => to.end(), ms));
}
