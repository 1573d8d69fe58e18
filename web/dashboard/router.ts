import { hashOf, placeOf, type ViewPlace } from "./place.ts";

/** The cursors of the pages before this one, which only the browser's history knows. */
interface Kept {
  trail?: (string | undefined)[];
}

/** Returns a place's address. Whole, since the page may have a <base> that differs from its own address. */
export function addressOf(place: ViewPlace): string {
  return `${location.pathname}${location.search}${hashOf(place)}`;
}

/** Returns the place that the address shows. */
export const here = () => placeOf(location.hash);

/** Returns the cursors of the pages that lead to this one, the first page first. */
export const trail = () => (history.state as Kept | null)?.trail ?? [];

const listeners = new Set<(place: ViewPlace) => void>();

/** Calls back whenever the reader is somewhere else. */
export function onPlace(listener: (place: ViewPlace) => void): void {
  listeners.add(listener);
}

/**
 * Goes to a place. A step leaves one behind it for the Back button; `replace` is for what is no step, such as each letter typed.
 * Without a trail, that of this page stays while the page of the list does: a job that is opened or closed turns no page.
 */
export function go(place: ViewPlace, { replace = false, trail: given }: Kept & { replace?: boolean } = {}): void {
  if (hashOf(place) === location.hash) return;
  const kept = given ?? (isSamePage(place, here()) ? trail() : []);
  if (replace) history.replaceState({ trail: kept }, "", addressOf(place));
  else history.pushState({ trail: kept }, "", addressOf(place));
  tell();
}

function isSamePage(a: ViewPlace, b: ViewPlace): boolean {
  return a.view === b.view && a.query.cursor === b.query.cursor;
}

function tell(): void {
  for (const each of listeners) each(here());
}

addEventListener("popstate", tell);
