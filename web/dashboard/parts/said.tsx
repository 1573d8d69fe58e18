import { useLayoutEffect } from "preact/hooks";
import { set } from "../store.ts";

/** How long a message stays, in ms. */
const STAYS_MS = 5_000;

/** A short message of what was done, over the page: nothing of it moves. Empty it is there as well, so that it is read out. */
export function Said({ said }: { said: string }) {
  useLayoutEffect(() => {
    const timer = setTimeout(() => set({ said: "" }), STAYS_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <div id="said" class={said === "" ? "" : "toast"} role="status">
      {said}
    </div>
  );
}
