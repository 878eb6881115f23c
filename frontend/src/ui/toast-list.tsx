import { CircleAlert, Info, X } from 'lucide-react';
import { useStore } from '../util/store.ts';
import { IconButton } from './icon-button.tsx';
import { toasts } from './toasts.ts';

/**
 * Notices in the corner, announced when they appear. Each dialog has a list of its own, because what is outside it is
 * inert.
 */
export function ToastList() {
  const { toasts: shown } = useStore(toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <div key={toast.id} className={`toast toast-${toast.tone}`}>
          {toast.tone === 'error' ? <CircleAlert aria-hidden /> : <Info aria-hidden />}
          <p>
            <strong>{toast.message}</strong> {toast.next}
          </p>
          <IconButton label="Dismiss" onClick={() => toasts.dismiss(toast.id)}>
            <X aria-hidden />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
