import { once } from "node:events";
import type { AddressInfo } from "node:net";
import * as net from "node:net";

/** A pipe that delays what goes through it. */
export interface Distance {
  port: number;
  close(): Promise<void>;
}

/**
 * Starts a server on 127.0.0.1 that passes every byte on to `port`, and every answer back, half a round trip later. It only
 * delays: any number of chunks are on their way at the same time, in order.
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
        if (!failed) return; // its end follows what it sent
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

/** Delays by a timer. Timers of the same length fire in the order in which they were set, so chunks stay in order. */
function delay(from: net.Socket, to: net.Socket, ms: number): void {
  from.on("data", (chunk: Buffer) => setTimeout(() => to.write(chunk), ms));
  from.on("end", () => setTimeout(() => to.end(), ms));
}
