import { useState } from "preact/hooks";
import { write } from "../exact.ts";
import { Copy } from "./copy.tsx";

/** A longer text is shown in part until the reader asks for all of it: each token is an element. */
const MOST_LINES = 40;
const MOST_CHARACTERS = 8_000;
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
  const short = text.slice(0, MOST_CHARACTERS).split("\n").slice(0, MOST_LINES).join("\n");
  const isCut = short.length < text.length && !isWhole;
  return (
    <section class="part">
      <h3>
        {title} <Copy text={text} label={`Copy the ${title.toLowerCase()}`} />
      </h3>
      <pre>{coloured(isCut ? `${short}\n…` : text)}</pre>
      {isCut && (
        <button type="button" class="quiet" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString("en")} characters
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
