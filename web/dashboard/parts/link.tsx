import type { ComponentChildren } from "preact";
import type { ViewPlace } from "../place.ts";
import { addressOf, go } from "../router.ts";

interface Props {
  to: ViewPlace;
  children: ComponentChildren;
  class?: string;
  title?: string;
  replace?: boolean;
  "aria-current"?: "page" | "true" | undefined;
  "aria-label"?: string;
  "data-job"?: string;
}

/** A link to a place of this page. In a new tab it works like any other. */
export function Link({ to, replace = false, children, ...rest }: Props) {
  const follow = (event: MouseEvent) => {
    // Also where the browser opens a new tab: what the link stands in would open the same here.
    event.stopPropagation();
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to, { replace });
  };
  return (
    <a {...rest} href={addressOf(to)} onClick={follow}>
      {children}
    </a>
  );
}
