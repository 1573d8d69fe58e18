import { readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { writeOwnFile } from "../packages/redis-rest-local/src/own-file.ts";
import { isAlive } from "./processes.ts";

/** Where a running stack is, for the commands beside it. */
export interface Addresses {
  /** The process that runs it. */
  pid: number;
  api: string;
  lambda: string;
  rest: { url: string; token: string };
}

const FILE = "stack.json";
const CONNECT_MS = 1_000;

/** The data folder that `npm start` uses, and so the commands beside it. */
export function dataDirOf({ LOCAL_DATA_DIR }: Record<string, string | undefined>): string {
  return LOCAL_DATA_DIR || ".local";
}

/** Notes where a stack runs. Returns what takes the note away. */
export async function announce(dataDir: string, addresses: Addresses): Promise<() => Promise<void>> {
  const file = join(dataDir, FILE);
  await writeOwnFile(file, `${JSON.stringify(addresses, undefined, 2)}\n`);
  return () => rm(file, { force: true });
}

/** The stack that runs on a data folder. Undefined where none does, also where one was killed and left its note. */
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
    return undefined; // none, or one that something else wrote
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
