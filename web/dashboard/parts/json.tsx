import { useState } from "preact/hooks";
import { write } from "../exact.ts";
import { Copy } from "./copy.tsx";

/** A longer text is shown in part until the reader asks for all of it: each token is an element. */
const MOST_LINES = 40;
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b/g;

interface Props {
  title: string;
  /** A value from `read` in exact.ts. */
  value: unknown;
}

/** A JSON value, digit by digit as it was given, with its tokens in colours. */
export function Json({ title, value }: Props) {
  const [isWhole, setWhole] = useState(false);
  const text = write(value, 2);
  const lines = text.split("\n");
  const isLong = lines.length > MOST_LINES;
  const shown = isLong && !isWhole ? lines.slice(0, MOST_LINES).join("\n") : text;
  return (
    <section class="part">
      <h3>
        {title} <Copy text={text} label={`Copy the ${title.toLowerCase()}`} />
      </h3>
      <pre>{coloured(shown)}</pre>
      {isLong && !isWhole && (
        <button type="button" class="quiet" onClick={() => setWhole(true)}>
          Show all {lines.length.toLocaleString("en")} lines
        </button>
      )}
    </section>
  );
}

function coloured(text: string) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, string, colon] = match;
    const token = string ?? whole;
    parts.push(text.slice(at, match.index));
    const kind = colon !== undefined ? "name" : string !== undefined ? "string" : "value";
    parts.push(<span class={`j-${kind}`}>{token}</span>, colon);
    at = match.index + whole.length;
  }
  return [...parts, text.slice(at)];
}
