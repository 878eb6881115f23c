import { useEffect, useState } from 'react';
import { onStored, readStored, writeStored } from '../util/storage.ts';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'theme';
const ORDER: readonly Theme[] = ['system', 'light', 'dark'];

/** Sets the stored theme before anything is rendered, so that the page never flashes in the other one. */
export function applyStoredTheme(): Theme {
  const theme = toTheme(readStored(KEY));
  apply(theme);
  return theme;
}

/** The current theme and a function that switches to the next one; follows the other tabs. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState<Theme>(() => toTheme(readStored(KEY)));
  useEffect(() => onStored(KEY, (value) => setTheme(toTheme(value))), []);
  useEffect(() => apply(theme), [theme]);
  return [
    theme,
    () => {
      const next = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? 'system';
      writeStored(KEY, next === 'system' ? '' : next);
      setTheme(next);
    },
  ];
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

function toTheme(value: string | undefined): Theme {
  return ORDER.find((theme) => theme === value) ?? 'system';
}
