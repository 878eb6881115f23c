import { useEffect, useState } from 'react';
import { searchTexts, type Found, type Owner } from '../api/sessions.ts';

export interface TextSearch {
  found: Found[];
  /** `part`: there are older conversations that were not searched. */
  state: 'none' | 'searching' | 'done' | 'part' | 'failed';
}

/** A turn that was found, and the words that it was found by. */
export interface Place {
  sessionId: string;
  invocationId: string;
  words: string;
}

const SHORTEST = 2;
/** Delay before searching, while a person keeps typing. */
const AFTER_MS = 250;
/** Each page is 25 conversations, whose events the service reads. */
const MOST_PAGES = 4;
const NOTHING: TextSearch = { found: [], state: 'none' };

/** Searches the text of the newest conversations. */
export function useTextSearch(owner: Owner, words: string): TextSearch {
  const [search, setSearch] = useState(NOTHING);
  const wanted = words.trim();
  useEffect(() => {
    if (wanted.length < SHORTEST) {
      setSearch(NOTHING);
      return undefined;
    }
    const request = new AbortController();
    setSearch({ found: [], state: 'searching' });
    const timer = setTimeout(() => void run(owner, wanted, request.signal, setSearch), AFTER_MS);
    return () => {
      clearTimeout(timer);
      request.abort();
    };
  }, [owner, wanted]);
  return search;
}

async function run(
  owner: Owner,
  words: string,
  signal: AbortSignal,
  show: (search: TextSearch) => void,
): Promise<void> {
  let found: Found[] = [];
  let cursor: string | undefined;
  try {
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = await searchTexts(owner, words, cursor, signal);
      if (signal.aborted) return;
      found = [...found, ...answer.found];
      cursor = answer.next;
      show({ found, state: cursor === undefined ? 'done' : 'searching' });
      if (cursor === undefined) return;
    }
    show({ found, state: 'part' });
  } catch {
    if (!signal.aborted) show({ found, state: 'failed' });
  }
}
