import { ChevronDown, ChevronUp } from 'lucide-react';
import { createContext, useContext, useState, type ReactNode } from 'react';

interface FoldProps {
  /** Size of the content: "120 lines". */
  size: string;
  /** Whether only its beginning is shown at first. */
  isLong: boolean;
  children: ReactNode;
}

/** Whether the content is still being written. */
export const BeingWritten = createContext(false);

/**
 * Long content of which only the beginning is shown at first. All of it is in the page, so the browser's search finds
 * it. Content that grows is not folded while it is read.
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
