import { MessageSquare, Search } from 'lucide-react';
import { useId, useMemo, useState, type KeyboardEvent } from 'react';
import type { Owner } from '../api/sessions.ts';
import type { ConversationSummary } from '../chat/metadata.ts';
import { useTextSearch, type Place } from '../chat/text-search.ts';
import { Dialog } from '../ui/dialog.tsx';
import { MarkedText } from '../ui/marked-text.tsx';
import type { MenuEntry } from '../ui/menu.tsx';
import { isComposing } from '../util/keys.ts';

interface PaletteProps {
  owner: Owner;
  list: readonly ConversationSummary[];
  commands: readonly MenuEntry[];
  /** `place`: the turn in which the words were said. */
  onOpen: (sessionId: string, place?: Place) => void;
  onClose: () => void;
}

interface Entry extends MenuEntry {
  group: 'Commands' | 'Conversations' | 'Said in';
  note?: string;
}

const MOST_CONVERSATIONS = 8;

/** One search field for commands, conversations by title, and their texts. */
export function Palette({ owner, list, commands, onOpen, onClose }: PaletteProps) {
  const [words, setWords] = useState('');
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const { found, state } = useTextSearch(owner, words);
  const entries = useMemo<Entry[]>(() => {
    const wanted = words.trim().toLowerCase();
    const fits = (text: string): boolean => text.toLowerCase().includes(wanted);
    const titleOf = (sessionId: string): string =>
      list.find((one) => one.id === sessionId)?.title ?? 'An older conversation';
    return [
      ...commands.filter(({ label }) => fits(label)).map((one) => ({ ...one, group: 'Commands' as const })),
      ...list
        .filter(({ title }) => fits(title))
        .slice(0, MOST_CONVERSATIONS)
        .map(({ id: key, title }) => ({
          id: key,
          label: title,
          icon: <MessageSquare aria-hidden />,
          run: () => onOpen(key),
          group: 'Conversations' as const,
        })),
      ...found.map(({ sessionId, invocationId, excerpt }) => ({
        id: `said-${sessionId}`,
        label: titleOf(sessionId),
        note: excerpt,
        icon: <Search aria-hidden />,
        run: () => onOpen(sessionId, { sessionId, invocationId, words: words.trim() }),
        group: 'Said in' as const,
      })),
    ];
  }, [words, commands, list, found, onOpen]);
  const at = Math.min(chosen, entries.length - 1);

  function run(entry: Entry | undefined): void {
    if (!entry) return;
    onClose();
    entry.run();
  }

  function handleKey(event: KeyboardEvent): void {
    if (isComposing(event)) return;
    if (event.key === 'Enter') run(entries[at]);
    else if (event.key === 'ArrowDown') setChosen((at + 1) % Math.max(1, entries.length));
    else if (event.key === 'ArrowUp') setChosen((at - 1 + entries.length) % Math.max(1, entries.length));
    else return;
    event.preventDefault();
  }

  return (
    <Dialog label="Commands and search" className="palette" onClose={onClose}>
      <input
        className="palette-field"
        role="combobox"
        aria-label="Command, title or words"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={entries[at] ? `${id}-${at}` : undefined}
        placeholder="Command, title, or words that were said"
        // The person has just asked to write here.
        autoFocus
        value={words}
        onChange={({ target }) => (setWords(target.value), setChosen(0))}
        onKeyDown={handleKey}
      />
      <ul id={id} role="listbox" aria-label="Results" className="palette-list">
        {entries.map((entry, index) => (
          <li
            key={`${entry.group}-${entry.id}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            data-group={entries[index - 1]?.group === entry.group ? undefined : entry.group}
            ref={(element) => {
              if (index === at) element?.scrollIntoView({ block: 'nearest' });
            }}
            onClick={() => run(entry)}
            onPointerMove={() => setChosen(index)}
          >
            {entry.icon}
            <span dir="auto">
              <MarkedText text={entry.label} words={words} />
            </span>
            {entry.note && (
              <small dir="auto">
                <MarkedText text={entry.note} words={words} />
              </small>
            )}
          </li>
        ))}
      </ul>
      <p className="dialog-note" role="status">
        {entries.length === 0 && state === 'done' ? 'Nothing fits.' : STATE_WORDS[state]}
      </p>
    </Dialog>
  );
}

const STATE_WORDS = {
  none: 'Two letters or more also search in what was said.',
  searching: 'Searching in what was said…',
  done: 'Searched in what was said.',
  part: 'Searched in the newest 100 conversations.',
  failed: 'What was said cannot be searched right now.',
} as const;
