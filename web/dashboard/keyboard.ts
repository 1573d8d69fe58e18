import { focusBack, rows } from "./focus.ts";
import { VIEWS, withQuery } from "./place.ts";
import { go, here } from "./router.ts";
import { set, state } from "./store.ts";

/** Closes the open job, and gives the focus back. */
export function closeJob(): void {
  const id = here().query.job;
  go(withQuery(here(), { job: undefined }));
  focusBack(id);
}

/** Listens to the page's keys. */
export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]")) return;
    const { target } = event;
    const isTyping = target instanceof HTMLElement && target.matches("input:not([type=checkbox]), select, textarea");
    if (event.key === "Escape" && isTyping) return target.blur();
    if (isTyping) return;
    const act = ACTIONS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

const ACTIONS: Record<string, () => void> = {
  j: () => step(1),
  k: () => step(-1),
  "/": search,
  "?": () => set({ dialog: { name: "help" } }),
  n: () => {
    if (state.may.has("submit")) set({ dialog: { name: "submit" } });
  },
  Escape: () => {
    if (here().query.job !== undefined) closeJob();
  },
  ...Object.fromEntries(VIEWS.map((view, i) => [String(i + 1), () => go({ view, query: {} })])),
};

/** Goes to the next row, or the one before; an open job is replaced by the row's. */
function step(by: 1 | -1): void {
  const all = rows();
  const open = here().query.job;
  const at = all.findIndex((row) => row === document.activeElement || (open !== undefined && row.dataset.job === open));
  const next = all[at === -1 ? (by === 1 ? 0 : all.length - 1) : at + by];
  const id = next?.dataset.job;
  if (!next || id === undefined) return;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  if (open !== undefined) go(withQuery(here(), { job: id }), { replace: true });
}

/** Focuses the id filter before the next key comes: so fast typing loses no letter. */
function search(): void {
  if (here().view !== "jobs") go({ view: "jobs", query: {} });
  const field = document.querySelector<HTMLInputElement>("#search");
  field?.focus();
  field?.select();
}
