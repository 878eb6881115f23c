import { useCallback, useEffect, useState } from 'react';
import { readStored, writeStored } from '../util/storage.ts';

/** What is written and not yet sent in a conversation; it survives a refresh. */
export function useDraft(appName: string, sessionId: string | undefined): [string, (text: string) => void] {
  const key = `draft:${appName}:${sessionId ?? 'new'}`;
  const [draft, setDraft] = useState(() => readStored(key) ?? '');
  useEffect(() => setDraft(readStored(key) ?? ''), [key]);
  const change = useCallback(
    (text: string) => {
      setDraft(text);
      writeStored(key, text);
    },
    [key],
  );
  return [draft, change];
}
