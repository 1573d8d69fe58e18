import { connect } from "node:net";

/** A request's headers as they are sent, and why it is refused: undefined if it is let in. */
export interface Case {
  name: string;
  /** `PORT` stands for the port of the request. Undefined: no Host header is sent. */
  host?: string | undefined;
  headers?: Record<string, string>;
  refused?: "host" | "origin" | "form";
}

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
const FORMS = [
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/plain",
  "Text/Plain;charset=UTF-8",
];

/** The rule for every port of this machine that requires no key, a row for each case. */
export const CASES: readonly Case[] = [
  // Programs on this machine.
  { name: "a program that says nothing of itself" },
  ...["localhost:PORT", "LOCALHOST:PORT", "127.0.0.1", "127.1.2.3:PORT", "[::1]:PORT", "wakeq.localhost:PORT"].map(
    (host) => ({ name: `a program that calls it ${host}`, host }),
  ),
  ...FORMS.map((type) => ({
    name: `curl or a script with ${type}`,
    headers: { "user-agent": "curl/8.5.0", "content-type": type },
  })),
  {
    name: "Node's fetch",
    headers: { "user-agent": "node", "sec-fetch-mode": "cors", "content-type": "text/plain;charset=UTF-8" },
  },
  // Its own pages, and a person's address bar.
  ...["same-origin", "none"].map((site) => ({
    name: `a browser, ${site}`,
    headers: { "user-agent": CHROME, "sec-fetch-site": site },
  })),
  {
    name: "its own page's POST",
    headers: {
      "user-agent": CHROME,
      origin: "http://127.0.0.1:PORT",
      "sec-fetch-site": "same-origin",
      "content-type": "application/json",
    },
  },
  { name: "its own page, by another name of it", host: "localhost:PORT", headers: { origin: "http://localhost:PORT" } },
  // Names that are not this machine's: the name of a foreign page may point here.
  ...[
    ...[
      "evil.example:PORT",
      "evil.example",
      "127.0.0.1.evil.example:PORT",
      "localhost.evil.example",
      "evil-localhost",
      "0.0.0.0:PORT",
    ],
    ...[
      "10.0.0.7:PORT",
      "192.168.1.5",
      "[::]:PORT",
      "[fe80::1]:PORT",
      "128.0.0.1",
      "1127.0.0.1",
      "2130706433",
      "0x7f.1",
    ],
    ...[
      "localhost:PORT@evil.example",
      "evil.example#localhost",
      "evil.example/localhost",
      "localhost evil.example",
      "",
      undefined,
    ],
  ].map((host) => ({ name: `called ${host}`, host, refused: "host" as const })),
  {
    name: "a page whose name points here, which is of the same origin then",
    host: "evil.example:PORT",
    headers: { origin: "http://evil.example:PORT", "sec-fetch-site": "same-origin" },
    refused: "host",
  },
  // Pages of other origins, by what their requests say.
  ...[
    ...["https://evil.example", "http://evil.example:PORT", "null", "", "file://", "chrome-extension://abcdefgh"],
    ...["http://127.0.0.1", "http://127.0.0.1:1", "http://localhost:PORT", "http://127.0.0.1:PORT.evil.example"],
    ...["http://127.0.0.1:PORT/", "http://127.0.0.1:PORT, http://evil.example", "HTTP://127.0.0.1:PORT@evil.example"],
  ].map((origin) => ({ name: `a page of ${origin}`, headers: { origin }, refused: "origin" as const })),
  ...["cross-site", "same-site", "anything-new", ""].map((site) => ({
    name: `an image, a link or a frame, ${site}`,
    headers: { "sec-fetch-site": site },
    refused: "origin" as const,
  })),
  {
    name: "a link that was followed from elsewhere",
    headers: {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
      "user-agent": CHROME,
    },
    refused: "origin",
  },
  // Forms from browsers that name no origin.
  ...FORMS.map((type) => ({
    name: `a browser's form as ${type}`,
    headers: { "user-agent": CHROME, "content-type": type },
    refused: "form" as const,
  })),
];

/** The headers of a case, for a port. */
export function headersOf(each: Case, port: number): Record<string, string> {
  const { host, headers } = { host: "127.0.0.1:PORT", ...each };
  const sent = Object.entries({ ...(host === undefined ? {} : { host }), ...headers });
  return Object.fromEntries(sent.map(([name, value]) => [name, value.replaceAll("PORT", String(port))]));
}

export interface Raw {
  /** The whole answer. */
  answer: string;
  status: number;
  head: string;
  body: string;
}

/** Sends bytes that no client would send, and reads the answer. */
export function rawly(port: number, line: string, headers: Record<string, string>, body = ""): Promise<Raw> {
  const version = "host" in headers ? "1.1" : "1.0"; // HTTP/1.1 requires Host
  const lines = Object.entries({ ...headers, connection: "close", "content-length": String(Buffer.byteLength(body)) });
  const text = `${line} HTTP/${version}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
  return new Promise((resolve, reject) => {
    let answer = "";
    connect(port, "127.0.0.1")
      .setEncoding("utf8")
      .on("data", (chunk) => (answer += chunk))
      .once("error", reject)
      .once("close", () => {
        const end = answer.indexOf("\r\n\r\n");
        resolve({
          answer,
          status: Number(answer.slice(9, 12)),
          head: answer.slice(0, end),
          body: answer.slice(end + 4),
        });
      })
      .write(text);
  });
}
