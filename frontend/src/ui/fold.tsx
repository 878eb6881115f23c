import { ChevronDown, ChevronUp } from 'lucide-react';
import { createContext, useContext, useState, type ReactNode } from 'react';

interface FoldProps {
  /** Of what: "120 lines". */
  size: string;
  /** Whether it is so long that it is shown in part at first. */
  isLong: boolean;
  children: ReactNode;
}

/** Whether what is shown is still being written. */
export const BeingWritten = createContext(false);

/**
 * Something long, of which the beginning is shown until more is asked for. All of it is in the page, so the browser's search
 * finds it. What grows while it is read is not folded under the reader's eyes.
 */
export function Fold({ size, isLong, children }: FoldProps) {
  const isBeingWritten = useContext(BeingWritten);
  const [isFolded, setIsFolded] = useState(isLong && !isBeingWritten);
  if (!isLong) return children;
  return (
    <div className={isFolded ? 'fold is-folded' : 'fold'}>
      <div className="fold-content">{children}</div>
      <button
        type="button"
        className="fold-button"
        aria-expanded={!isFolded}
        onClick={() => setIsFolded(!isFolded)}
      >
        {isFolded ? <ChevronDown aria-hidden /> : <ChevronUp aria-hidden />}
        {isFolded ? `Show all ${size}` : 'Show less'}
      </button>
    </div>
  );
}
