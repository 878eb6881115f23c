import { useEffect } from 'react';
import { flushSync } from 'react-dom';

/** Changes the page before the browser lays it out for paper. */
export function useBeforePrint(isNeeded: boolean, change: () => void): void {
  useEffect(() => {
    if (!isNeeded) return undefined;
    const changeNow = (): void => flushSync(change);
    addEventListener('beforeprint', changeNow);
    return () => removeEventListener('beforeprint', changeNow);
  }, [isNeeded, change]);
}
