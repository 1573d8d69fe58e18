import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig, readDoor } from "../../lib/config/config.ts";
import { temporaryService } from "../support/service-copy.ts";
import { NEEDED, readCompose, variablesOf } from "./compose.ts";
import { buildImage, contextOf, type Image, instructionsOf } from "./image.ts";
import { portOf } from "./system.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (name: string) => readFileSync(join(ROOT, name), "utf8");
/** The names in the tables of docs/settings.md. */
const documented = [...read("docs/settings.md").matchAll(/^\|(.+?)\|/gm)].flatMap(([, names]) =>
  [...names!.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name!),
);

describe("the image", () => {
  let image: Image;
  beforeAll(async () => {
    const service = await temporaryService();
    image = buildImage(service.folder);
    await service.remove();
  });
  afterAll(() => image?.remove());

  test("holds the processes with their source maps and the modules that tasks import as they run, and nothing else", () => {
    const files = readdirSync(image.root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const names = files.map(({ parentPath, name }) => join(parentPath, name).slice(image.root.length));
    const processes = ["doctor", "gateway", "health", "serve", "worker"];
    const entries = processes.flatMap((name) => [`/app/${name}.mjs`, `/app/${name}.mjs.map`]);
    expect(names).toEqual(expect.arrayContaining(entries));
    const others = names.filter((name) => !entries.includes(name));
    expect(others).toContainEqual(expect.stringMatching(/^\/app\/worker\.[\w-]+-\w+\.mjs$/));
    const chunk = new RegExp(`^/app/(${processes.join("|")})\\.[\\w-]+-[A-Z0-9]+\\.mjs(\\.map)?$`);
    expect(others).toEqual(expect.arrayContaining(["/app/LICENSE", "/app/NOTICES.txt"]));
    const lua = ["LICENSE", "dist/liblua5.1.wasm", "package.json"];
    expect(others.filter((name) => !chunk.test(name) && !/^\/app\/[A-Z]+(\.txt)?$/.test(name)).sort()).toEqual(
      lua.map((name) => `/app/node_modules/wasmoon-lua5.1/${name}`),
    );
  });

  test("has the license of each package whose code is in it", () => {
    const notices = readFileSync(join(image.root, "app/NOTICES.txt"), "utf8");
    for (const name of ["zod", "swagger-ui-dist", "preact"]) {
      const { version } = JSON.parse(read(`node_modules/${name}/package.json`)) as { version: string };
      expect(notices).toContain(`${name} ${version} (`);
      expect(notices).toContain(read(`node_modules/${name}/LICENSE`).trim());
    }
    const maps = readdirSync(join(image.root, "app"), { recursive: true, encoding: "utf8" });
    const sources = maps
      .filter((file) => /^[\w.-]+\.map$/.test(file))
      .flatMap((file) => JSON.parse(readFileSync(join(image.root, "app", file), "utf8")).sources as string[]);
    const packages = sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []);
    for (const name of new Set(packages)) expect(notices, name).toMatch(new RegExp(`^${name} \\d`, "m"));
  });

  test("names a full Node version, runs as an unprivileged user, and exposes the ports of its processes", () => {
    expect(image.base).toMatch(/^node:24\.\d+\.\d+-alpine$/);
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const { services } = readCompose();
    expect(image.exposed).toEqual(["api", "worker", "gateway"].map((name) => portOf(services, name)));
    expect(image.cmd).toEqual(["node", "worker.mjs"]);
    expect(image.healthcheck.flags).toMatch(/--interval=\d+s/);
  });

  test("copies nothing that .dockerignore does not name", () => {
    const isInContext = contextOf(read(".dockerignore"));
    for (const path of [".env", ".git/config", ".local/redis/dump.rdb", "node_modules/zod", "dist"])
      expect(isInContext(path), path).toBe(false);
    expect(() => contextOf("*\n!**/*.ts")).toThrow("one by one");
  });

  test("uses only instructions that this test understands", () => {
    expect(instructionsOf("FROM a\n# no\nRUN b \\\n  c")).toEqual([
      { name: "FROM", text: "a" },
      { name: "RUN", text: "b c" },
    ]);
  });
});

describe("docker-compose.yml", () => {
  const { services, volumes } = readCompose();
  const ours = Object.entries(services).filter(([, { image }]) => image.startsWith("wakeq:"));

  test("starts four services, ours from one image that it builds", () => {
    expect(Object.keys(services)).toEqual(["redis", "gateway", "api", "worker"]);
    expect(ours.map(([name]) => name)).toEqual(["gateway", "api", "worker"]);
    for (const [, { build }] of ours) expect(build).toBe(".");
  });

  test("keeps the data of Redis in a volume, appends every write and evicts nothing", () => {
    const { command, volumes: mounted } = services.redis!;
    expect(command!.join(" ")).toContain("--appendonly yes");
    expect(command!.join(" ")).toContain("--maxmemory-policy noeviction");
    expect(mounted).toEqual(["redis-data:/data"]);
    expect(Object.keys(volumes)).toEqual(["redis-data"]);
  });

  test("gives each image the tag of one version, and ours that of the package", () => {
    const { version } = JSON.parse(read("package.json")) as { version: string };
    for (const [, { image }] of ours) expect(image).toBe(`wakeq:${version}`);
    expect(services.redis!.image).toMatch(/^redis:\d+\.\d+\.\d+-alpine$/);
  });

  test("gives Redis a password, which the gateway and the health check have", () => {
    const set = readCompose({ ...NEEDED, REDIS_PASSWORD: "its-own" }).services;
    const { command, environment } = set.redis!;
    expect(command!.slice(command!.indexOf("--requirepass"))).toEqual(["--requirepass", "its-own"]);
    expect(environment).toEqual({ REDISCLI_AUTH: "its-own" });
    expect(set.gateway!.environment!.REDIS_URL).toBe("redis://:its-own@redis:6379");
    expect(services.redis!.command!.at(-1)).not.toBe("");
  });

  test("limits memory and processes of each service, and removes rights that it does not need", () => {
    for (const [name, service] of Object.entries(services)) {
      expect(bytesOf(service.mem_limit!), name).toBeGreaterThan(0);
      expect(service.pids_limit, name).toBeGreaterThan(0);
      expect(service, name).toMatchObject({ cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    }
    const { command, mem_limit } = services.redis!;
    const most = command![command!.indexOf("--maxmemory") + 1]!;
    expect(bytesOf(most)).toBeLessThanOrEqual(bytesOf(mem_limit!) / 2);
  });

  test("publishes only on this machine, and only ports on which something listens", () => {
    for (const [name, { ports = [] }] of Object.entries(services)) {
      for (const port of ports) expect(port).toMatch(new RegExp(`^127\\.0\\.0\\.1:\\d+:${portOf(services, name)}$`));
    }
    expect(services.api!.ports).toHaveLength(1);
    expect(services.redis!.ports).toBeUndefined();
    expect(services.worker!.ports).toBeUndefined(); // so that there can be several
  });

  test("makes services wait only for services that exist and have a health check", () => {
    for (const { depends_on = {} } of Object.values(services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(Object.keys(services)).toContain(name);
        if (condition === "service_healthy") expect(services[name]!.healthcheck).toBeDefined();
      }
    }
  });

  test("has no token of its own: it requires one, and says how to make it", () => {
    expect(() => readCompose({})).toThrow(/REDIS_REST_TOKEN is missing a value: .*openssl rand -hex 24/);
    for (const name of ["gateway", "api", "worker"])
      expect(services[name]!.environment!.UPSTASH_REDIS_REST_TOKEN).toBe(NEEDED.REDIS_REST_TOKEN);
  });

  test("lets each service be called by its name and by this machine's own names, and by no others", () => {
    expect(configOf("worker").worker.door).toEqual({ hosts: ["worker"], origins: [] });
    expect(readDoor(settingsOf("api"))).toEqual({ hosts: ["api", "localhost"], origins: [], isPublished: true });
    expect(services.gateway!.environment!.ALLOWED_HOSTS).toBe("gateway");
  });

  test("gives each process more time to end than it needs", () => {
    for (const name of ["api", "worker"]) {
      const seconds = Number(/^(\d+)s$/.exec(services[name]!.stop_grace_period!)![1]);
      expect(seconds * 1_000).toBeGreaterThan(configOf(name).worker.graceMs);
    }
  });

  test("sets only variables that docs/settings.md explains, to valid values, and takes only such from outside", () => {
    const names = Object.values(services).flatMap(({ environment = {} }) => Object.keys(environment));
    expect(names.filter((name) => !documented.includes(name))).toEqual(["REDISCLI_AUTH"]); // read by Redis' own image
    const taken = Object.keys({ ...variablesOf(), ...NEEDED });
    expect(taken.filter((name) => !documented.includes(name) && name !== "REDIS_PASSWORD")).toEqual([]); // read only by compose
    expect(configOf("api").isLocal).toBe(true);
    expect(configOf("worker").lambda).toMatchObject({ functionName: "worker", endpoint: "http://worker:3003" });
  });

  test("leaves every default unchanged, except the linger", () => {
    const { worker, queue } = configOf("worker");
    const defaults = readConfig({
      UPSTASH_REDIS_REST_URL: "http://gateway:8079",
      UPSTASH_REDIS_REST_TOKEN: "a-token",
    });
    const { door } = defaults.worker;
    expect({ ...worker, host: "", door }).toEqual({ ...defaults.worker, host: "" });
    expect({ ...queue, lingerMs: 0 }).toEqual({ ...defaults.queue, lingerMs: 0 });
    expect(queue.lingerMs).toBe(40_000);
  });

  /** Parses sizes as compose and Redis write them: 512m, 1g, 512mb. */
  function bytesOf(text: string): number {
    const [, number, unit] = /^(\d+)([mg])b?$/.exec(text)!;
    return Number(number) * (unit === "g" ? 1024 : 1) * 1024 * 1024;
  }

  function configOf(name: string) {
    return readConfig(settingsOf(name));
  }

  function settingsOf(name: string): Record<string, string> {
    const given = Object.entries(services[name]!.environment!).map(([variable, value]) => [variable, String(value)]);
    return Object.fromEntries(given);
  }
});
