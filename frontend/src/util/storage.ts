const PREFIX = 'lornu:';

/** Reads what this browser remembers; private windows and blocked storage simply remember nothing. */
export function readStored(key: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Remembers `value` in this browser; an empty one is forgotten. */
export function writeStored(key: string, value: string): void {
  try {
    if (value) localStorage.setItem(PREFIX + key, value);
    else localStorage.removeItem(PREFIX + key);
  } catch {
    // Full or blocked: the page works without it.
  }
}

/** Calls back when another tab of this browser changes `key`. */
export function onStored(key: string, listener: (value: string | undefined) => void): () => void {
  const handle = (event: StorageEvent): void => {
    if (event.key === PREFIX + key) listener(event.newValue ?? undefined);
  };
  addEventListener('storage', handle);
  return () => removeEventListener('storage', handle);
}

/** What this tab alone remembers, until it is closed; empty is remembered too. */
export function readInTab(key: string): string | undefined {
  try {
    return sessionStorage.getItem(PREFIX + key) ?? undefined;
  } catch {
    return undefined;
  }
}

export function writeInTab(key: string, value: string): void {
  try {
    sessionStorage.setItem(PREFIX + key, value);
  } catch {
    // Full or blocked: the page works without it.
  }
}
