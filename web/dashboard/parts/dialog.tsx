import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { set } from "../store.ts";

interface Props {
  id: string;
  title: string;
  children: ComponentChildren;
  /** Absent: closing closes the page's dialog. */
  onClose?: () => void;
}

/** A form over the page. The browser keeps the focus in it, gives it back, and closes it with Esc. */
export function Dialog({ id, title, children, onClose = () => set({ dialog: undefined }) }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog id={id} ref={dialog} aria-labelledby={`${id}-title`} onClose={onClose}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </dialog>
  );
}
