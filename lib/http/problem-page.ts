import { createHash } from "node:crypto";
import { type ProblemCode, problems } from "../errors.ts";
import { problemHelp } from "./problem-help.ts";

const STYLE = `:root{color-scheme:light dark}
body{font:16px/1.6 system-ui,sans-serif;max-width:38rem;margin:12vh auto;padding:0 1.5rem;background:light-dark(#fbfaf8,#15171c);color:light-dark(#1f2328,#e6e6e3)}
h1{font-size:1.5rem;line-height:1.3;margin:.2rem 0 1rem}
p{margin:0 0 1rem}
code{font:.9em ui-monospace,monospace}
.status{color:light-dark(#5f6672,#9aa1ad);margin:0}
a{color:light-dark(#0b6661,#6cc7bd)}
li{margin:.3rem 0}`;

/** The hash that allows the style sheet in a Content-Security-Policy. */
export const STYLE_HASH = `sha256-${createHash("sha256").update(STYLE).digest("base64")}`;

/** Returns whether the text is the code of a problem. */
export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(problems, text);
}

/** Writes the page that says what a problem means and what to do about it. For an unknown code it lists the known ones. */
export function problemPage(code: string, base = ""): string {
  // References are absolute: with a slash at the end of the path it is the same page.
  if (!isProblemCode(code)) {
    const known = Object.entries(problems).map(
      ([each, { title }]) =>
        `<li><a href="${escaped(base)}/problems/${escaped(each)}"><code>${escaped(each)}</code></a> ${escaped(title)}</li>`,
    );
    return page("Unknown problem code", `<p>Known codes:</p><ul>${known.join("")}</ul>`);
  }
  const { status, title } = problems[code];
  const head = `<p class="status"><code>${escaped(code)}</code> · status ${status}</p>`;
  return page(title, `<p>${escaped(problemHelp[code])}</p><p><a href="${escaped(base)}/docs">The API</a></p>`, head);
}

/** Writes the same for a terminal. */
export function problemText(code: string): string {
  if (!isProblemCode(code)) return `Unknown problem code. Known codes: ${Object.keys(problems).join(", ")}\n`;
  const { status, title } = problems[code];
  return `${title} (${code}, status ${status})\n${problemHelp[code]}\n`;
}

function page(title: string, body: string, head = ""): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)} · wakeq</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body><main>${head}<h1>${escaped(title)}</h1>${body}</main></body></html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
