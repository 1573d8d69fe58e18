import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { problems } from "../../lib/errors.ts";
import { describeApi } from "../../lib/openapi/openapi.ts";
import { described as words } from "../../lib/routes/described/all.ts";
import { oddTasks } from "../support/odd-tasks.ts";
import { routes } from "../support/routes.ts";
import { type BorrowedStack, borrowStack } from "../support/shared/stack.ts";
import { until } from "../support/stack.ts";
import { tasks } from "../support/tasks.ts";
import { SCHEDULE_REQUESTS } from "./schedule-requests.ts";

type Json = Record<string, unknown>;
type Content = { schema: Json; examples?: Record<string, { value: unknown }> };
type Answer = { description: string; headers?: Json; content?: Record<string, Content> };
interface Operation {
  operationId: string;
  security: Json[];
  parameters?: { name: string; in: string; schema: Json }[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, Answer>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json> };
}

const document = JSON.parse(JSON.stringify(describeApi(Object.values(routes), words, tasks))) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(withoutDiscriminators(closed(document)), "api");

/** Checks a value against the schema at a place in the document. Returns what is wrong. */
function faultsOf(pointer: string, value: unknown): string {
  const validate = ajv.getSchema(`api#${pointer}`);
  if (!validate) throw new Error(`no schema at ${pointer}`);
  return validate(value) ? "" : ajv.errorsText(validate.errors);
}

/** Answers may grow, so the document allows more fields; here a field that it does not describe is a fault. */
function closed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(closed) as T;
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.fromEntries(Object.entries(value).map(([key, field]) => [key, closed(field)]));
  const isOpen = fields.type === "object" && fields.properties && !("additionalProperties" in fields);
  return { ...fields, ...(isOpen ? { additionalProperties: false } : {}) } as T;
}

function withoutDiscriminators<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (key, field) => (key === "discriminator" ? undefined : field))) as T;
}

const escaped = (step: string) => step.replaceAll("~", "~0").replaceAll("/", "~1");
const contentAt = (path: string, method: string, status: number | string, type: string) =>
  `/paths/${escaped(path)}/${method.toLowerCase()}/responses/${status}/content/${escaped(type)}/schema`;

describe("the document", () => {
  test("is valid OpenAPI 3.1 according to an independent validator", async () => {
    expect(document.openapi).toMatch(/^3\.1/);
    expect(await new Validator().validate(structuredClone(document) as unknown as Json)).toEqual({ valid: true });
  });

  test("has exactly our routes and their statuses", () => {
    const described = operations.map(({ path, method, operation }) => `${method} ${path} ${operation.operationId}`);
    expect(described).toEqual(Object.values(routes).map(({ method, path, name }) => `${method} ${path} ${name}`));
    for (const { operation } of operations) {
      const route = routes[operation.operationId as string]!;
      const statuses = [
        ...Object.keys(words[route.name as keyof typeof words].answers),
        ...route.errors.map((code) => String(problems[code].status)),
      ];
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(statuses));
      expect(operation.security.some((way) => "key" in way)).toBe("scope" in route || "anyKey" in route);
    }
  });

  test("has an example that fits the schema for every answer with a body", () => {
    let examples = 0;
    for (const { path, method, operation } of operations) {
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        for (const [type, { examples: given = {} }] of Object.entries(content)) {
          if (path !== "/openapi.json") expect(given, `${method} ${path} ${status}`).not.toEqual({});
          for (const [name, { value }] of Object.entries(given)) {
            expect(faultsOf(contentAt(path, method, status, type), value), `${path} ${status} ${name}`).toBe("");
            examples++;
          }
        }
      }
      for (const [name, { value }] of Object.entries(
        operation.requestBody?.content["application/json"]?.examples ?? {},
      )) {
        const at = `/paths/${escaped(path)}/${method.toLowerCase()}/requestBody/content/application~1json/schema`;
        expect(faultsOf(at, value), `${path} ${name}`).toBe("");
        examples++;
      }
    }
    expect(examples).toBeGreaterThan(60);
  });

  test("has no reference to a missing component, and no component without a reference", () => {
    const text = JSON.stringify(document);
    const wanted = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
    expect([...wanted].sort()).toEqual(Object.keys(document.components.schemas).sort());
    expect(text).not.toContain("$defs");
    expect(text).not.toContain("9007199254740991");
  });

  test("has the words of fields: of bodies, of parameters, of answers and of what lies within them", () => {
    const { Job, JobError, NoteRequest } = document.components.schemas as Record<string, { properties: Json }>;
    expect(NoteRequest!.properties.delay_seconds).toMatchObject({ description: expect.stringContaining("no sooner") });
    const limit = document.paths["/jobs"]!.get!.parameters!.find(({ name }) => name === "limit");
    expect(limit).toMatchObject({ description: "The most jobs on a page", schema: { default: 50 } });
    expect(Job!.properties.note).toEqual({ type: "string", description: "What the task says it is doing" });
    expect(JobError!.properties.cause).toEqual({
      $ref: "#/components/schemas/JobError",
      description: "What caused it",
    });
  });

  test("describes a request for each task, with its own payload and its defaults", () => {
    const { JobRequest, ...schemas } = document.components.schemas as Record<string, Json & { oneOf?: Json[] }>;
    const { mapping } = JobRequest!.discriminator as { mapping: Record<string, string> };
    expect(Object.keys(mapping)).toEqual([...tasks.keys()]);
    expect(JobRequest!.oneOf).toEqual(Object.values(mapping).map(($ref) => ({ $ref })));
    const request = schemas[mapping.call!.split("/").pop()!] as { required: string[]; properties: Json };
    expect(request.required).toEqual(["task", "payload"]);
    expect(request.properties).toMatchObject({
      max_retries: { "x-default": 3, description: "Attempts after the first. Default: `3`" },
      priority: { "x-default": "normal" },
    });
    for (const name of Object.values(mapping)) {
      const one = schemas[name.split("/").pop()!]!;
      expect(one).toMatchObject({ title: expect.any(String), description: expect.any(String) });
    }
    const at = "/components/schemas/JobRequest";
    expect(faultsOf(at, { task: "call", payload: { url: "http://a.test/", body: [{ deep: [null] }] } })).toBe("");
    expect(faultsOf(at, { task: "call" })).not.toBe("");
    expect(faultsOf(at, { task: "note", payload: { up_to: 5 } })).not.toBe("");
  });
});

describe("the document of tasks whose payloads are hard to describe", () => {
  const odd = JSON.parse(JSON.stringify(describeApi(Object.values(routes), words, oddTasks))) as Document;
  const { schemas } = odd.components;

  test("is valid OpenAPI 3.1 and has no reference to a missing component", async () => {
    expect(await new Validator().validate(structuredClone(odd) as unknown as Json)).toEqual({ valid: true });
    const wanted = [...JSON.stringify(odd).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name!);
    expect(wanted.filter((name) => !(name in schemas))).toEqual([]);
  });

  test("names a schema that refers to itself by its place of use, and one for any JSON value by what it is", () => {
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(["PlantPayloadTree", "NestPayloadRows", "JsonValue"]));
    expect(Object.keys(schemas).filter((name) => /\d|Shared|Answer$/.test(name))).toEqual([]);
    expect(schemas.JsonValue).toEqual({ description: "Any JSON value" });
    expect(schemas.PlantPayloadTree).toMatchObject({
      properties: { children: { type: "array", items: { $ref: "#/components/schemas/PlantPayloadTree" } } },
    });
  });

  test("no component only refers to itself", () => {
    for (const [name, schema] of Object.entries(schemas)) {
      const bare = JSON.stringify(schema, (key, value: unknown) => (key === "properties" ? undefined : value));
      expect(bare, name).not.toContain(`"#/components/schemas/${name}"`);
    }
  });

  test("no field of a body has a default, which would make it required in clients: its description says the default", () => {
    const found: string[] = [];
    const walk = (value: unknown, path: string[]) => {
      if (typeof value !== "object" || value === null) return;
      for (const [key, each] of Object.entries(value)) {
        if (key === "default" && path.at(-1) !== "properties") found.push([...path, key].join("."));
        walk(each, [...path, key]);
      }
    };
    walk(schemas, []);
    expect(found).toEqual([]);
    expect(schemas.NameLikeKeywordsPayload!.properties).toMatchObject({
      default: { type: "string", "x-default": "x", description: 'Default: `"x"`' },
      properties: { properties: { items: { "x-default": [] }, default: { type: "integer" } } },
    });
    expect(schemas.DescribedPayload!.properties).toMatchObject({ m: { "x-default": 2 } });
    const examples = odd.paths["/submit-job"]!.post!.requestBody!.content["application/json"]!.examples!;
    expect(examples.name_like_keywords!.value).toMatchObject({ payload: { default: "x", properties: { items: [] } } });
  });
});

describe("what the running stack answers", () => {
  let stack: BorrowedStack;
  beforeAll(async () => {
    stack = await borrowStack();
  });
  afterAll(() => stack?.giveBack());

  const seen = new Set<string>();
  const told = ["location", "retry-after", "etag", "idempotent-replayed", "preference-applied", "www-authenticate"];

  /** Sends a request and checks the answer against the document. */
  async function ask(method: string, path: string, asked: string, init: RequestInit = {}) {
    const response = await fetch(stack.url + asked, { method, ...init });
    const described = document.paths[path]?.[method.toLowerCase()]?.responses[response.status];
    const label = `${method} ${asked} ${response.status}`;
    expect(described, label).toBeDefined();
    const headers = Object.keys(described!.headers ?? {}).map((name) => name.toLowerCase());
    for (const name of told) if (response.headers.has(name)) expect(headers, label).toContain(name);
    const text = await response.text();
    const [type] = Object.keys(described!.content ?? {});
    const value: unknown = text === "" ? {} : type === "text/plain" ? text : JSON.parse(text);
    if (type === undefined) expect(text, label).toBe("");
    else {
      expect(response.headers.get("content-type")?.split(";")[0]).toBe(type);
      expect(faultsOf(contentAt(path, method, response.status, type), value), label).toBe("");
    }
    seen.add(`${method} ${path} ${response.status}`);
    return { response, body: value as Json };
  }
  const json = (body: unknown, headers: Record<string, string> = {}) => ({
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

  test("fits the document, for every route and for good and bad requests", async () => {
    const submit = (body: unknown, headers?: Record<string, string>) =>
      ask("POST", "/submit-job", "/submit-job", json(body, headers));
    const key = { "idempotency-key": "once" };
    const { body: accepted } = await submit({ task: "note" }, key);
    const again = await submit({ task: "note" }, key);
    expect(again.response.headers.get("idempotent-replayed")).toBe("true");
    await submit({ task: "note", priority: "low" }, key); // 422
    await submit({ task: "note" }, { prefer: "wait=20" }); // 200
    await submit("{"); // 400
    await submit({ task: "nobody" }); // 422
    await submit({ task: "note", payload: { to: 7 } }); // 422
    await submit({ task: "note", payload: { text: "x".repeat(300_000) } }); // 413
    await submit({ task: "note" }, { "content-type": "image/png" }); // 415
    const delayed = { task: "count", delay_seconds: 600 };
    const jobs = [delayed, { task: "note" }, delayed, delayed];
    const { body: batch } = await ask("POST", "/submit-jobs", "/submit-jobs", json({ jobs }));
    await ask("POST", "/submit-jobs", "/submit-jobs", json({ jobs: [] })); // 422
    const { body: failing } = await submit({
      task: "call",
      payload: { url: "http://127.0.0.1:1/" },
      max_retries: 0,
    });

    const status = "/job-status/{job_id}";
    const of = (job: unknown) => `/job-status/${String(job)}`;
    const [later, , soon, unwanted] = batch.job_ids as string[];
    const done = await until(
      () => ask("GET", status, `${of(accepted.job_id)}?wait=5`),
      ({ body }) => body.status === "completed",
    );
    await ask("GET", status, of(accepted.job_id), { headers: { "if-none-match": done.response.headers.get("etag")! } });
    await ask("GET", status, of(later));
    await until(
      () => ask("GET", status, `${of(failing.job_id)}?wait=5`),
      ({ body }) => body.status === "failed",
    );
    await ask("GET", status, of("x")); // 400
    await ask("GET", status, of(crypto.randomUUID())); // 404
    await ask("GET", status, `${of(later)}?wait=soon`); // 400

    const { body: page } = await ask("GET", "/jobs", "/jobs?limit=1");
    await ask("GET", "/jobs", `/jobs?limit=1&cursor=${String(page.next_cursor)}`);
    await ask("GET", "/jobs", "/jobs?limit=0"); // 400
    for (const [method, route, path, body] of SCHEDULE_REQUESTS) await ask(method, route, path, body && json(body));
    for (const range of ["hour", "day", "month"]) await ask("GET", "/history", `/history?range=${range}`);
    await ask("GET", "/metrics", "/metrics");
    for (const path of ["/queue-stats", "/health", "/failures", "/pulse"]) await ask("GET", path, path);
    await ask("POST", "/pause", "/pause", { body: '{"task":"note"}' });
    await ask("POST", "/pause", "/pause", { body: '{"until":"yesterday"}' }); // 422
    await ask("POST", "/resume", "/resume", { body: '{"task":"note"}' });
    await ask("POST", "/cancel-job/{job_id}", `/cancel-job/${later}`);
    await ask("POST", "/cancel-job/{job_id}", `/cancel-job/${String(accepted.job_id)}`); // 409
    await ask("POST", "/retry-job/{job_id}", `/retry-job/${later}`);
    await ask("POST", "/retry-job/{job_id}", `/retry-job/${String(accepted.job_id)}`); // 409
    await ask("POST", "/retry-job/{job_id}", `/retry-job/${crypto.randomUUID()}`); // 404
    await ask("POST", "/run-job/{job_id}", `/run-job/${soon}`);
    await ask("DELETE", "/jobs/{job_id}", `/jobs/${unwanted}`);
    for (const path of ["/retry-jobs", "/delete-jobs"]) await ask("POST", path, path, json({ status: "cancelled" }));
    const served = await ask("GET", "/openapi.json", "/openapi.json");
    expect(served.body).toEqual(document);

    const good = operations.flatMap(({ path, method, operation }) =>
      Object.keys(operation.responses)
        .filter((code) => Number(code) < 400)
        .map((code) => `${method} ${path} ${code}`),
    );
    expect([...seen]).toEqual(expect.arrayContaining(good));
    expect(seen.size).toBeGreaterThanOrEqual(good.length + 10);
  });
});
