const PREFIX = 'lornu:';

/** Reads from this browser's storage; in private windows or with blocked storage there is nothing. */
export function readStored(key: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Stores `value` in this browser; an empty one is removed. */
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

/** Reads from this tab's storage, which lasts until it is closed; an empty value is stored too. */
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
