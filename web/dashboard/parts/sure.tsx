import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props {
  children: string;
  /** What the second button says. */
  sure: string;
  onSure: () => void;
  disabled?: boolean;
  /** The class of the first button. */
  look?: string;
}

/** A button for what cannot be undone: it asks once more. The button under the pointer is the harmless one: a double click does nothing. */
export function Sure({ children, sure, onSure, disabled = false, look = "danger" }: Props) {
  const [isAsking, setAsking] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  const no = useRef<HTMLButtonElement>(null);
  const isKept = useRef(false);
  // Once for each question: the page is drawn again every 2 s, and the focus may be elsewhere by then.
  useLayoutEffect(() => {
    if (isAsking) no.current?.focus();
    else if (isKept.current) first.current?.focus();
    isKept.current = false;
  }, [isAsking]);
  if (!isAsking) {
    return (
      <button type="button" class={look} ref={first} disabled={disabled} onClick={() => setAsking(true)}>
        {children}
      </button>
    );
  }
  const keep = () => {
    isKept.current = true;
    setAsking(false);
  };
  const act = () => {
    setAsking(false);
    onSure();
  };
  return (
    <span class="sure">
      <button type="button" ref={no} onClick={keep}>
        No
      </button>
      <button type="button" class={`${look} solid`} disabled={disabled} onClick={act}>
        {sure}
      </button>
    </span>
  );
}
