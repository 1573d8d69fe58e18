import { useState } from "preact/hooks";

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
  if (!isAsking) {
    return (
      <button type="button" class="danger" disabled={disabled} onClick={() => setAsking(true)}>
        {children}
      </button>
    );
  }
  const answer = (act?: () => void) => {
    setAsking(false);
    act?.();
  };
  return (
    <span class="sure">
      <button
        type="button"
        class="danger solid"
        disabled={disabled}
        ref={(button) => button?.focus()}
        onClick={() => answer(onSure)}
      >
        {sure}
      </button>
      <button type="button" onClick={() => answer()}>
        Keep
      </button>
    </span>
  );
}
