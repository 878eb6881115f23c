import type { ReactNode } from 'react';
import { TableFrame } from './table-frame.tsx';

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
      <TableFrame name={name} isTall={isTall}>
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
      </TableFrame>
    </div>
  );
}
