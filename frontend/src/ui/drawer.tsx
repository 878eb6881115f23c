import { useEffect, useRef, type ReactNode } from 'react';
import { ToastList } from './toast-list.tsx';

interface DrawerProps {
  label: string;
  isOpen: boolean;
  /** A change means that the person has chosen something in the drawer, which then closes. */
  closeOn: unknown;
  onClose: () => void;
  children: ReactNode;
}

/** A dialog that slides in from the left: the sidebar on narrow windows. */
export function Drawer({ label, isOpen, closeOn, onClose, children }: DrawerProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) ref.current?.showModal();
    else ref.current?.close();
  }, [isOpen]);
  useEffect(onClose, [closeOn]);
  return (
    <dialog
      ref={ref}
      className="drawer"
      aria-label={label}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      {isOpen && children}
      {isOpen && <ToastList />}
    </dialog>
  );
}
