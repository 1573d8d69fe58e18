/** The parts of a Serverless project that the plugin reads, as osls has them once every file is read. */
export interface ServerlessProject {
  service: string;
  provider: {
    runtime?: string;
    environment?: Record<string, unknown>;
    vpc?: unknown;
    tracing?: { lambda?: unknown };
    kmsKeyArn?: unknown;
    iam?: { role?: unknown };
  };
  custom?: Record<string, unknown>;
  functions?: Record<string, FunctionEntry>;
  resources?: { Resources?: Record<string, object> };
  package?: { patterns?: string[] };
  plugins?: string[] | { modules?: string[] };
}

/** An entry under `functions`. */
export interface FunctionEntry {
  handler?: string;
  name?: string;
  environment?: Record<string, unknown>;
  events?: unknown[];
}

/** The parts of osls that the plugin uses. */
export interface Serverless {
  service: ServerlessProject;
  serviceDir: string;
  processedInput: { commands: string[] };
  configSchemaHandler: { defineCustomProperties(schema: object): void };
  classes: { Error: new (message: string, code: string) => Error };
  getProvider(name: "aws"): { getStage(): string };
}

/** Tells whether a project lists a plugin. */
export function hasPlugin({ plugins = [] }: ServerlessProject, name: string): boolean {
  const listed = Array.isArray(plugins) ? plugins : (plugins.modules ?? []);
  return listed.includes(name);
}
