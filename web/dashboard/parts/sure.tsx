import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props {
  children: string;
  /** What the second button says. */
  sure: string;
  onSure: () => void;
  disabled?: boolean;
}

/** A button for what cannot be undone: it asks once more, in its own place. */
export function Sure({ children, sure, onSure, disabled = false }: Props) {
  const [isAsking, setAsking] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  const second = useRef<HTMLButtonElement>(null);
  const isKept = useRef(false);
  // Once for each question: the page is drawn again every 2 s, and the focus may be elsewhere by then.
  useLayoutEffect(() => {
    if (isAsking) second.current?.focus();
    else if (isKept.current) first.current?.focus();
    isKept.current = false;
  }, [isAsking]);
  if (!isAsking) {
    return (
      <button type="button" class="danger" ref={first} disabled={disabled} onClick={() => setAsking(true)}>
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
      <button type="button" class="danger solid" ref={second} disabled={disabled} onClick={act}>
        {sure}
      </button>
      <button type="button" onClick={keep}>
        Keep
      </button>
    </span>
  );
}
