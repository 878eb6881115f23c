import { useEffect, useMemo, useState } from 'react';
import { CopyButton } from '../ui/copy-button.tsx';
import { Fold } from '../ui/fold.tsx';
import { own } from '../util/own.ts';

type Highlight = (typeof import('./highlight.tsx'))['highlight'];

/** Lines of code that are shown at first. */
const LONGEST = 30;
const LABELS: Record<string, string> = { plaintext: 'text', xml: 'html' };

let loaded: Highlight | undefined;

/** Loads the colours, a separate file, when the first code is shown; until then the code is plain. */
function useHighlight(): Highlight | undefined {
  const [highlight, setHighlight] = useState(() => loaded);
  useEffect(() => {
    if (!loaded) void loadHighlight().then(() => setHighlight(() => loaded));
  }, []);
  return highlight;
}

async function loadHighlight(): Promise<void> {
  try {
    loaded = (await import('./highlight.tsx')).highlight;
  } catch {
    // Without colours the code is still readable.
  }
}

/** A block of code with its language and a copy button; it scrolls sideways by keyboard too. */
export function CodeBlock({ code, language }: { code: string; language: string }) {
  const highlight = useHighlight();
  const coloured = useMemo(() => highlight?.(code, language), [highlight, code, language]);
  const lines = code.split('\n').length;
  return (
    <figure className="code-block">
      <figcaption>
        <span>{own(LABELS, language) ?? language}</span>
        <CopyButton copy={code} label="Copy code" />
      </figcaption>
      <Fold size={`${lines} lines`} isLong={lines > LONGEST}>
        {/* A region that scrolls must be reachable by keyboard. */}
        <pre tabIndex={0}>
          <code>{coloured ?? code}</code>
        </pre>
      </Fold>
    </figure>
  );
}
