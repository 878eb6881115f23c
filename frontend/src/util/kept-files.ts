/** Files of a draft for as long as somebody may come back to it after a reload. */
const KEPT_MS = 24 * 60 * 60 * 1_000;
const STORE = 'files';

interface Kept<T> {
  value: T;
  savedMs: number;
}

/** What was kept under a key; undefined where nothing is, it is too old, or the browser keeps nothing (a private window). */
export async function readKept<T>(key: string): Promise<T | undefined> {
  const kept = await withStore<Kept<T> | undefined>('readonly', (store) => store.get(key));
  return kept && Date.now() - kept.savedMs < KEPT_MS ? kept.value : undefined;
}

/** Keeps a value; undefined forgets it. What is too old is removed with it. */
export async function writeKept(key: string, value: unknown): Promise<void> {
  await withStore('readwrite', (store) => {
    const all = store.openCursor();
    all.addEventListener('success', () => {
      const cursor = all.result;
      if (!cursor) return;
      if (Date.now() - (cursor.value as Kept<unknown>).savedMs >= KEPT_MS) cursor.delete();
      cursor.continue();
    });
    return value === undefined ? store.delete(key) : store.put({ value, savedMs: Date.now() }, key);
  });
}

/** Never rejects: the page works without it. */
async function withStore<T>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest,
): Promise<T | undefined> {
  try {
    const open = indexedDB.open('lornu', 1);
    open.addEventListener('upgradeneeded', () => open.result.createObjectStore(STORE));
    const database = (await resultOf(open)) as IDBDatabase;
    try {
      return (await resultOf(act(database.transaction(STORE, mode).objectStore(STORE)))) as T;
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}

function resultOf(request: IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('The browser keeps nothing.')));
  });
}
