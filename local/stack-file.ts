import { readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { writeOwnFile } from "../packages/redis-rest-local/src/own-file.ts";
import { isAlive } from "./processes.ts";

/** The addresses of a running stack, for the commands beside it. */
export interface Addresses {
  /** The id of the process that runs it. */
  pid: number;
  api: string;
  lambda: string;
  rest: { url: string; token: string };
}

const FILE = "stack.json";
const CONNECT_MS = 1_000;

/** Returns the data folder of `npm start` and of the commands beside it. */
export function dataDirOf({ LOCAL_DATA_DIR }: Record<string, string | undefined>): string {
  return LOCAL_DATA_DIR || ".local";
}

/** Notes where a stack runs. Returns a function that removes the note. */
export async function announce(dataDir: string, addresses: Addresses): Promise<() => Promise<void>> {
  const file = join(dataDir, FILE);
  await writeOwnFile(file, `${JSON.stringify(addresses, undefined, 2)}\n`);
  return () => rm(file, { force: true });
}

/** Finds the stack that runs on a data folder. Undefined if none does, even if a killed one left its note. */
export async function runningStack(dataDir: string): Promise<Addresses | undefined> {
  const addresses = await noted(join(dataDir, FILE));
  return addresses && isAlive(addresses.pid) && (await listens(addresses.lambda)) ? addresses : undefined;
}

async function noted(file: string): Promise<Addresses | undefined> {
  try {
    const addresses = JSON.parse(await readFile(file, "utf8")) as Addresses;
    const urls = [addresses.api, addresses.lambda, addresses.rest.url];
    return urls.every((url) => URL.canParse(url)) && Number.isInteger(addresses.pid) ? addresses : undefined;
  } catch {
    return undefined; // no note, or one that wakeq did not write
  }
}

function listens(url: string): Promise<boolean> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: CONNECT_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false)).once("error", () => end(false));
  });
}
