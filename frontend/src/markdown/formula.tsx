import { useEffect, useLayoutEffect, useRef, useState } from 'react';

type Temml = (typeof import('temml'))['default'];

/** Converts TeX to MathML, which browsers draw and screen readers read; loaded when the first formula is shown. */
let loaded: Temml | undefined;

async function load(): Promise<void> {
  try {
    loaded = (await import('temml')).default;
  } catch {
    // Without it the formula is shown as it was written.
  }
}

/** Limits of one formula, so that a text cannot keep the page busy. */
const LIMITS = { maxExpand: 200, maxSize: [40, 400] as [number, number] };

/** `source` includes its delimiters: shown unchanged until it is drawn, and if it cannot be drawn. */
export function Formula({ source }: { source: string }) {
  const place = useRef<HTMLSpanElement>(null);
  const [temml, setTemml] = useState(() => loaded);
  const [isWrong, setIsWrong] = useState(false);
  const width = source.startsWith('$') && !source.startsWith('$$') ? 1 : 2;
  const isBlock = source.startsWith('\\[') || source.startsWith('$$');
  useEffect(() => {
    if (!temml) void load().then(() => setTemml(() => loaded));
  }, [temml]);
  useLayoutEffect(() => {
    if (!temml || !place.current) return;
    try {
      const options = { displayMode: isBlock, throwOnError: true, ...LIMITS };
      temml.render(source.slice(width, -width), place.current, options);
    } catch {
      setIsWrong(true);
    }
  }, [temml, source, width, isBlock]);
  if (!temml || isWrong) return <code className="formula">{source}</code>;
  // A region that scrolls must be reachable by keyboard.
  return isBlock ? <span ref={place} className="formula-block" tabIndex={0} /> : <span ref={place} />;
}
