/** An option of a command, with its line in the help. */
export interface Option {
  type: "string" | "boolean";
  /** What stands for its value in the help: `PATH`. */
  value?: string;
  help: string;
}

/** What was given, by the option's name. */
export type Values = Readonly<Record<string, string | boolean | undefined>>;

/** A command of `npx wakeq`. */
export interface CliCommand {
  summary: string;
  options: Readonly<Record<string, Option>>;
  /** What stands for its operands in the help: `COMMAND…`. Absent: it takes none. */
  operands?: string;
  /** Loads what runs it, which returns the exit code. */
  load(): Promise<(values: Values, operands: readonly string[]) => Promise<number>>;
}

const QUEUE: Option = {
  type: "string",
  value: "PATH",
  help: "the file that exports your queue; default: src/queue.ts, queue.js and the like",
};

/** The commands, in the order of the help. */
export const COMMANDS: Readonly<Record<string, CliCommand>> = {
  init: {
    summary: "adds a queue to this project: shows the files, asks, writes them",
    options: { yes: { type: "boolean", help: "write without asking" } },
    load: async () => (await import("./init.ts")).init,
  },
  dev: {
    summary: "runs your queue on this machine: store, API, worker and dashboard; reloads",
    options: {
      queue: QUEUE,
      port: { type: "string", value: "PORT", help: "default: PORT, else 3000, or the next free one" },
      data: { type: "string", value: "FOLDER", help: "where the embedded store keeps its data; default: .wakeq/data" },
    },
    load: async () => (await import("./dev.ts")).dev,
  },
  run: {
    summary: "runs a program of yours on the store of the wakeq dev in this project",
    options: {},
    operands: "COMMAND…",
    load: async () => (await import("./run.ts")).run,
  },
  worker: {
    summary: "runs a worker for your queue as a process",
    options: { queue: QUEUE },
    load: async () => (await import("./worker.ts")).worker,
  },
  doctor: {
    summary: "checks your settings and the database that they name",
    options: { queue: QUEUE, json: { type: "boolean", help: "one JSON document in place of lines" } },
    load: async () => (await import("./doctor.ts")).doctor,
  },
  key: {
    summary: "makes an API key",
    options: {
      name: { type: "string", value: "NAME", help: "who gets it; default: default" },
      scopes: { type: "string", value: "SCOPES", help: "submit, read, admin, joined by +; default: submit+read" },
    },
    load: async () => (await import("./key.ts")).key,
  },
  types: {
    summary: "writes the types of your tasks, for a client in another repository",
    options: {
      queue: QUEUE,
      out: { type: "string", value: "PATH", help: "default: wakeq-types.d.ts" },
    },
    load: async () => (await import("./types.ts")).types,
  },
};
