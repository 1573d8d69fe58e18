/*
 * Gives the focus back when a job is closed: to what opened it, or to the view's title.
 */

let clicked: Element | null = null;
let opener: Element | null = null;

/** Remembers what is clicked, with the mouse or a key. A button that is busy loses the focus, and some browsers never give it. */
export function listenToClicks(): void {
  addEventListener(
    "click",
    ({ target }) => {
      if (target instanceof Element && !target.closest("#job")) clicked = target.closest("a, button");
    },
    { capture: true },
  );
}

/** Remembers what has opened a job. */
export function noteOpener(): void {
  const { activeElement } = document;
  opener = activeElement === document.body ? clicked : activeElement;
}

/** Focuses the row of a job that was closed; else what opened it; else the view's title. */
export function focusBack(id: string | undefined): void {
  const back = rows().find(({ dataset }) => dataset.job === id) ?? opener;
  if (back instanceof HTMLElement && back.isConnected) back.focus();
  // What is disabled takes no focus.
  if (document.activeElement !== back)
    document.querySelector<HTMLElement>("#view-title")?.focus({ preventScroll: true });
}

/** Returns the links of the listed jobs. */
export const rows = () => [...document.querySelectorAll<HTMLElement>("[data-job]")];
