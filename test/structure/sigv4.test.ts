import { sign as signByLibrary } from "aws4";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sign } from "../../lib/config/sigv4.ts";

const word = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_~."), minLength: 1, maxLength: 20 });
/** A Lambda function's name or ARN. */
const functionName = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_:"), minLength: 1, maxLength: 64 });
const header = fc.tuple(
  fc.oneof({ weight: 4, arbitrary: word.map((name) => `x-${name.toLowerCase()}`) }, fc.constant("x-amzn-trace-id")),
  fc.string({ unit: fc.constantFrom(..."ab =;/%"), maxLength: 20 }),
);

test("the signature is the same as that of a well-known library", () => {
  const request = fc.record({
    name: functionName,
    body: fc.string({ unit: "grapheme" }),
    headers: fc.uniqueArray(header, { selector: ([name]) => name, maxLength: 4 }),
    sessionToken: fc.option(word, { nil: undefined }),
    at: fc.date({ min: new Date("2000-01-01"), max: new Date("2099-01-01"), noInvalidDate: true }),
  });
  fc.assert(
    fc.property(request, ({ name, body, headers, sessionToken, at }) => {
      const host = "lambda.eu-west-1.amazonaws.com";
      const path = `/2015-03-31/functions/${encodeURIComponent(name)}/invocations`;
      const credentials = {
        accessKeyId: "AKID",
        secretAccessKey: "secret",
        ...(sessionToken === undefined ? {} : { sessionToken }),
      };
      const given = { "content-type": "application/json", ...Object.fromEntries(headers) };
      const ours = sign(
        { method: "POST", host, path, body, headers: given },
        { service: "lambda", region: "eu-west-1" },
        credentials,
        at,
      );
      const length = String(Buffer.byteLength(body));
      const theirs = signByLibrary(
        {
          service: "lambda",
          region: "eu-west-1",
          method: "POST",
          host,
          path,
          body,
          headers: { ...given, host, "content-length": length, "x-amz-date": ours["x-amz-date"]! },
        },
        credentials,
      );
      expect(ours.authorization).toBe(theirs.headers!.Authorization);
    }),
    { numRuns: 300 },
  );
});
