import type { LifeLeft } from "./deadline.ts";
import type { Work } from "./work.ts";

/** The longest time that a request takes with all its resends, in ms. */
const LONGEST_REQUEST_MS = 60_000;

/** Releases jobs on time, even while a long request is in flight. Returns a function that ends this. */
export function watchLife(work: Work, ends: readonly AbortSignal[]): () => void {
  let timer: NodeJS.Timeout;
  const watch = ({ msToChange }: LifeLeft) => {
    timer = setTimeout(look, Math.min(msToChange, LONGEST_REQUEST_MS));
  };
  const look = () => {
    clearTimeout(timer);
    watch(work.releaseWhatCannotRun());
  };
  watch(work.life);
  for (const end of ends) end.addEventListener("abort", look);
  return () => {
    clearTimeout(timer);
    for (const end of ends) end.removeEventListener("abort", look);
  };
}
