import { existsSync } from "node:fs";
import { join } from "node:path";
import { collisionsOf } from "./adapters/serverless/collisions.ts";
import { type Entries, entriesOf, writeEntries } from "./adapters/serverless/entry.ts";
import { type Additions, additionsOf } from "./adapters/serverless/functions.ts";
import { runHere } from "./adapters/serverless/laptop.ts";
import { type PluginOptions, readOptions, SCHEMA } from "./adapters/serverless/options.ts";
import { hasPlugin, type Serverless } from "./adapters/serverless/project.ts";
import { LocalWorkers } from "./adapters/serverless/workers.ts";

/** What the command line gives. */
interface CommandOptions {
  host?: string;
  lambdaPort?: number | string;
  function?: string;
}

/**
 * A plugin for the Serverless Framework (osls): adds a queue's two functions, their roles, the tick and, as an option, alarms to a
 * project that exists. `custom.wakeq` has its options. docs/serverless.md says what it adds.
 */
export default class Wakeq {
  readonly hooks: Record<string, () => void | Promise<void>>;
  readonly #serverless: Serverless;
  #entries: Entries | undefined;

  constructor(
    serverless: Serverless,
    options: CommandOptions = {},
    { log }: { log?: { warning(text: string): void } } = {},
  ) {
    this.#serverless = serverless;
    serverless.configSchemaHandler.defineCustomProperties(SCHEMA);
    const build = () => this.#build();
    const workers = new LocalWorkers();
    this.hooks = {
      // Not before: in the constructor `functions` and `resources` may still be lists, and what is added to a list is lost.
      initialize: () => this.#add(options, log),
      "before:package:createDeploymentArtifacts": build,
      "before:deploy:function:packageFunction": build,
      "before:offline:start:init": () => {
        workers.listen();
        return build();
      },
      "before:offline:start:end": () => workers.end(),
      "before:offline:start": build,
      "before:invoke:local:invoke": async () => {
        await build();
        this.#nameFile(options.function);
      },
    };
  }

  #add(options: CommandOptions, log?: { warning(text: string): void }): void {
    const { service, serviceDir } = this.#serverless;
    const { given, additions } = this.#read();
    writeEntries(service, serviceDir, given);
    service.functions = { ...service.functions, ...additions.functions };
    service.resources = {
      ...service.resources,
      Resources: { ...service.resources?.Resources, ...additions.resources },
    };
    if (!hasPlugin(service, "serverless-esbuild")) {
      const { patterns = [] } = service.package ?? {};
      service.package = { ...service.package, patterns: [...patterns, "!.wakeq/**"] };
    }
    if (!this.#isLocal) return;
    const missing = runHere(service, additions.functions.wakeqWorker.name, options);
    if (missing.length > 0)
      log?.warning(`wakeq: set ${missing.join(", ")} in your shell or in .env: SSM is not asked here`);
  }

  /** Whether the functions run on this machine. */
  get #isLocal(): boolean {
    return /^(offline|invoke local)\b/.test(this.#serverless.processedInput.commands.join(" "));
  }

  /** Reads the options, and makes what they add. @throws an error of osls' that names everything that is wrong */
  #read(): { given: PluginOptions; additions: Additions } {
    const { service, serviceDir } = this.#serverless;
    const read = readOptions(service.custom?.wakeq);
    if ("wrong" in read) throw this.#error(read.wrong);
    const { options } = read;
    const wrong: string[] = [];
    if (!existsSync(join(serviceDir, options.queue)))
      wrong.push(`queue: there is no file ${options.queue} in ${serviceDir}`);
    try {
      this.#entries = entriesOf(service, serviceDir, options.queue, this.#isLocal);
    } catch (error) {
      wrong.push((error as Error).message);
    }
    const stage = this.#serverless.getProvider("aws").getStage();
    const additions = additionsOf(service, stage, options, this.#entries?.folder ?? "");
    wrong.push(...collisionsOf(service, additions, options.path));
    if (wrong.length > 0) throw this.#error(wrong);
    return { given: options, additions };
  }

  async #build(): Promise<void> {
    try {
      await this.#entries?.build?.();
    } catch (error) {
      throw this.#error([`the queue could not be built: ${(error as Error).message}`]);
    }
  }

  /** Gives a function's file its whole name: `sls invoke local` finds `worker.js` and `worker.cjs`, not `worker.mjs`. */
  #nameFile(name = ""): void {
    const { service } = this.#serverless;
    const entry = service.functions?.[name];
    if (!["wakeqApi", "wakeqWorker"].includes(name) || !entry?.handler || hasPlugin(service, "serverless-esbuild"))
      return;
    entry.handler = entry.handler.replace(/(?=\.\w+$)/, ".mjs");
  }

  #error(wrong: string[]): Error {
    const lines = wrong.map((each) => `  ${each}`).join("\n");
    return new this.#serverless.classes.Error(`custom.wakeq in serverless.yml is wrong:\n${lines}`, "WAKEQ_OPTIONS");
  }
}
