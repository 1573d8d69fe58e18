import { set } from "../store.ts";

interface Props {
  text: string;
  label: string;
  children?: string;
}

/** A button that puts a text on the clipboard. */
export function Copy({ text, label, children = "Copy" }: Props) {
  return (
    <button type="button" class="quiet copy" aria-label={label} onClick={() => void copy(text)}>
      {children}
    </button>
  );
}

async function copy(text: string): Promise<void> {
  const isCopied = await onClipboard(text);
  set({ said: isCopied ? "Copied." : "The browser does not let this page copy: it needs https, or localhost." });
}

/** Browsers offer the clipboard to pages from https and localhost alone; the old way works elsewhere. */
async function onClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const isDone = document.execCommand("copy");
    area.remove();
    return isDone;
  }
}
