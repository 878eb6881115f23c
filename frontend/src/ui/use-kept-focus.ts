import { useEffect } from 'react';

/**
 * When the element that has the focus goes away or is disabled, the focus moves on instead of being lost: to the first
 * control of the open dialog, else to where `moveOn` puts it.
 */
export function useKeptFocus(moveOn: () => void): void {
  useEffect(() => {
    let last: EventTarget | null = null;
    const remember = ({ target }: Event): void => {
      last = target;
    };
    // Who presses beside all controls gives up the focus; who presses a control focuses it next.
    const forget = (): void => {
      last = null;
    };
    const check = (): void => {
      const { activeElement, body } = document;
      if (!(last instanceof HTMLElement) || (activeElement !== body && activeElement !== last)) return;
      if (last.isConnected && !last.matches(':disabled')) return;
      last = null;
      const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
      if (dialog) dialog.querySelector<HTMLElement>('a[href], :is(button, input, select):enabled')?.focus();
      else moveOn();
    };
    const observer = new MutationObserver(check);
    observer.observe(document.body, { subtree: true, childList: true, attributeFilter: ['disabled'] });
    document.addEventListener('focusin', remember);
    document.addEventListener('pointerdown', forget, { capture: true });
    return () => {
      observer.disconnect();
      document.removeEventListener('focusin', remember);
      document.removeEventListener('pointerdown', forget, { capture: true });
    };
  }, [moveOn]);
}
