import type { ReactNode } from 'react';

interface ScrollTableProps {
  /** The table's name for screen readers. */
  name: string;
  head: readonly ReactNode[];
  rows: readonly (readonly ReactNode[])[];
  /** Whether a long table also scrolls up and down in its frame. */
  isTall?: boolean;
}

/** A table of data that scrolls sideways in its own frame. */
export function ScrollTable({ name, head, rows, isTall = false }: ScrollTableProps) {
  return (
    <div className="markdown">
      {/* A region that scrolls must be reachable by keyboard. */}
      <div
        className={isTall ? 'table-scroll table-tall' : 'table-scroll'}
        tabIndex={0}
        role="region"
        aria-label={name}
      >
        <table>
          <thead>
            <tr>
              {head.map((cell, column) => (
                <th key={column}>{cell}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={column}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
