import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Part } from '../api/types.ts';
import { readKept, writeKept } from '../util/kept-files.ts';
import { readInTab, readStored, writeInTab, writeStored } from '../util/storage.ts';
import { attachmentsOf, type Attachment } from './attachments.ts';
import { textOf } from './conversation-state.ts';

export interface Draft {
  text: string;
  attachments: Attachment[];
  setText: (text: string) => void;
  /** The current files, even those that have not been rendered yet. */
  current: () => readonly Attachment[];
  setAttachments: (change: (before: Attachment[]) => Attachment[]) => void;
  /** Empties the draft and returns its content as the parts of a message. */
  take: (text: string) => Part[];
  /** Puts a refused message back, beside what was written since. */
  giveBack: (parts: readonly Part[]) => void;
}

/** The current files; IndexedDB keeps them for a reload, because localStorage is too small for them. */
const filesByKey = new Map<string, Attachment[]>();

/** This tab's own draft; a new tab begins with the latest one. */
const readDraft = (key: string): string => readInTab(key) ?? readStored(key) ?? '';

/** A conversation's draft; it survives a reload. */
export function useDraft(appName: string, sessionId: string | undefined): Draft {
  const key = `draft:${appName}:${sessionId ?? 'new'}`;
  const [text, showText] = useState(() => readDraft(key));
  const [attachments, showAttachments] = useState(() => filesByKey.get(key) ?? []);
  // The text may be given back after a later render than the one of the call.
  const written = useRef(text);
  const setText = useCallback(
    (next: string) => {
      written.current = next;
      showText(next);
      writeStored(key, next);
      writeInTab(key, next);
    },
    [key],
  );
  useEffect(() => {
    written.current = readDraft(key);
    showText(written.current);
    showAttachments(filesByKey.get(key) ?? []);
    let isShown = true;
    if (!filesByKey.has(key))
      void readKept<Attachment[]>(key).then((kept) => {
        if (!kept || filesByKey.has(key)) return;
        filesByKey.set(key, kept);
        if (isShown) showAttachments(kept);
      });
    return () => {
      isShown = false;
    };
  }, [key]);
  const setAttachments = useCallback<Draft['setAttachments']>(
    (change) => {
      const next = change(filesByKey.get(key) ?? []);
      filesByKey.set(key, next);
      void writeKept(key, next.length > 0 ? next : undefined);
      showAttachments(next);
    },
    [key],
  );
  const take = useCallback<Draft['take']>(
    (said) => {
      const files = filesByKey.get(key) ?? [];
      setText('');
      setAttachments(() => []);
      return [...files.map(({ part }) => part), ...(said ? [{ text: said }] : [])];
    },
    [key, setText, setAttachments],
  );
  const giveBack = useCallback<Draft['giveBack']>(
    (parts) => {
      setText([textOf(parts), written.current].filter(Boolean).join('\n'));
      setAttachments((since) => [...attachmentsOf(parts), ...since]);
    },
    [setText, setAttachments],
  );
  const current = useCallback(() => filesByKey.get(key) ?? [], [key]);
  return useMemo(
    () => ({ text, attachments, current, setText, setAttachments, take, giveBack }),
    [text, attachments, current, setText, setAttachments, take, giveBack],
  );
}
