import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findRoute } from "../../lib/http/router.ts";
import { EVERY_ROUTE } from "../../lib/routes/all.ts";
import { eventOf, routeOf } from "../support/api.ts";
import { type Sent, sendHttp } from "../support/request.ts";
import { ROUTE_CASES } from "../support/route-cases.ts";
import { type BorrowedStack, borrowStack } from "../support/shared/stack.ts";

let stack: BorrowedStack;
beforeAll(async () => {
  stack = await borrowStack();
});
afterAll(() => stack?.giveBack());

/** Routes that have a function other than `api`. */
const APART: Record<string, string> = { submitJob: "submitJob", submitJobs: "submitJob", jobStatus: "jobStatus" };

/** Routes as API Gateway does: an exact match goes to its function, everything else to `api`. */
async function invoke(sent: Sent) {
  const name = APART[routeOf(sent)?.name ?? ""] ?? "api";
  const url = `${stack.lambdaUrl}/2015-03-31/functions/wakeq-test-${name}/invocations`;
  const response = await fetch(url, { method: "POST", body: JSON.stringify(eventOf(sent)) });
  const { statusCode, headers, body, isBase64Encoded } = (await response.json()) as {
    statusCode: number;
    headers: Record<string, string>;
    body: string;
    isBase64Encoded?: boolean;
  };
  return { status: statusCode, headers, text: Buffer.from(body, isBase64Encoded ? "base64" : "utf8").toString() };
}

test("the table is long, and no row is in it twice", () => {
  expect(ROUTE_CASES.length).toBeGreaterThan(100);
  expect(new Set(ROUTE_CASES.map(({ what }) => what)).size).toBe(ROUTE_CASES.length);
});

test.each(ROUTE_CASES)("on AWS: $what", ({ check }) => check(invoke));
test.each(ROUTE_CASES)("under npm start: $what", ({ check }) => check((sent) => sendHttp(stack.url, sent)));

describe("over https", () => {
  const https = { "x-forwarded-proto": "https" };
  test.each(["/", "/docs", "/docs/docs.css", "/problems/internal"])(
    "the page %s tells browsers to use only https from then on",
    async (path) => {
      const secure = await invoke({ method: "GET", path, headers: https });
      expect(secure.headers["strict-transport-security"]).toBe("max-age=31536000");
      const plain = await invoke({ method: "GET", path });
      expect(plain.headers).not.toHaveProperty("strict-transport-security");
    },
  );
});

describe("finding a route", () => {
  test.each([
    ["GET", "/job-status/%41%2Fb", { job_id: "A/b" }],
    ["GET", "/job-status/%zz/", { job_id: "%zz" }],
    ["HEAD", "/docs/swagger-ui.css", { file: "swagger-ui.css" }],
  ])("%s %s", (method, path, parameters) => {
    expect(findRoute(EVERY_ROUTE, method, path)).toMatchObject({ parameters });
  });

  test.each(["", "//jobs", "/job-status", "/job-status/a/b", "/jobs%2F", "jobs", "/openapixjson"])(
    "%j has no route",
    (path) => {
      expect(findRoute(EVERY_ROUTE, "GET", path)).toBeUndefined();
    },
  );
});
