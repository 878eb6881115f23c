import { useRef, type ReactNode } from 'react';
import { copyTable } from '../util/clipboard.ts';
import { CopyButton } from './copy-button.tsx';

interface TableFrameProps {
  /** The table's name for screen readers. */
  name: string;
  /** Whether a long table also scrolls up and down in its frame. */
  isTall?: boolean;
  /** The table. */
  children: ReactNode;
}

/** A table that scrolls sideways in its own frame and can be copied into a spreadsheet or a text. */
export function TableFrame({ name, isTall = false, children }: TableFrameProps) {
  const frame = useRef<HTMLDivElement>(null);
  return (
    <div className="table-frame">
      {/* A region that scrolls must be reachable by keyboard. */}
      <div
        ref={frame}
        className={isTall ? 'table-scroll table-tall' : 'table-scroll'}
        tabIndex={0}
        role="region"
        aria-label={name}
      >
        {children}
      </div>
      <CopyButton copy={() => copyTable(frame.current?.querySelector('table'))} label="Copy table" />
    </div>
  );
}
