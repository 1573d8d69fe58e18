import { exactly, relative, toTheSecond } from "../time.ts";

interface Props {
  at: string;
  now: number;
}

/** How long ago, or how soon: for a list, which is read down. */
export function Age({ at, now }: Props) {
  return (
    <time dateTime={at} title={exactly(at)}>
      {relative(Date.parse(at), now)}
    </time>
  );
}

/** The exact instant, and how long ago it was: readable without a mouse. `isSlot`: it has no milliseconds. */
export function Moment({ at, now, isSlot = false }: Props & { isSlot?: boolean }) {
  return (
    <time dateTime={at}>
      {isSlot ? toTheSecond(at) : exactly(at)} <span class="soft">{relative(Date.parse(at), now)}</span>
    </time>
  );
}
