import { useState } from 'react';
import { isFields, toTable } from '../chat/readable.ts';
import { CodeBlock } from '../markdown/code-block.tsx';
import { Fold } from '../ui/fold.tsx';
import { ScrollTable } from '../ui/scroll-table.tsx';
import { digitsOf } from '../util/exact-json.ts';
import { toWords } from '../util/format.ts';

/** Deeper values are shown as JSON. */
const MAX_DEPTH = 4;
/** The number of fields, rows or entries shown at first. */
const LONGEST = 30;

interface ReadableValueProps {
  /** The label, such as "Result". */
  title: string;
  /** The value in readable form. */
  value: unknown;
  /** The original value, shown on demand. */
  raw: unknown;
}

/** Arguments or a result as fields, lists and tables; as JSON on demand. */
export function ReadableValue({ title, value, raw }: ReadableValueProps) {
  const [showsRaw, setShowsRaw] = useState(false);
  return (
    <>
      <div className="value-head">
        <h3>{title}</h3>
        <button
          type="button"
          className="value-raw"
          aria-pressed={showsRaw}
          aria-label={`${title} as JSON`}
          onClick={() => setShowsRaw(!showsRaw)}
        >
          JSON
        </button>
      </div>
      {showsRaw ? (
        <CodeBlock code={JSON.stringify(raw, null, 2)} language="json" />
      ) : (
        <div className="value">
          <Value value={value} depth={0} name={title} />
        </div>
      )}
    </>
  );
}

function Value({ value, depth, name }: { value: unknown; depth: number; name: string }) {
  if (value === null || value === undefined || value === '') return <span className="value-none">none</span>;
  if (typeof value === 'string') return <span className="value-text">{value}</span>;
  if (typeof value !== 'object') return JSON.stringify(value);
  const digits = digitsOf(value);
  if (digits !== undefined) return digits;
  if (depth >= MAX_DEPTH) return <code>{JSON.stringify(value)}</code>;
  if (Array.isArray(value)) return <List values={value} depth={depth} name={name} />;
  return isFields(value) ? <FieldList fields={value} depth={depth} /> : null;
}

function FieldList({ fields, depth }: { fields: Record<string, unknown>; depth: number }) {
  const entries = Object.entries(fields);
  if (entries.length === 0) return <span className="value-none">empty</span>;
  return (
    <Fold size={`${entries.length} fields`} isLong={entries.length > LONGEST}>
      <dl>
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt title={name}>{toWords(name) || name}</dt>
            <dd>
              <Value value={value} depth={depth + 1} name={toWords(name)} />
            </dd>
          </div>
        ))}
      </dl>
    </Fold>
  );
}

function List({ values, depth, name }: { values: readonly unknown[]; depth: number; name: string }) {
  if (values.length === 0) return <span className="value-none">none</span>;
  const table = toTable(values);
  return (
    <Fold size={`${values.length} entries`} isLong={values.length > LONGEST}>
      {table ? (
        <ScrollTable
          name={name}
          head={table.columns.map((column) => (
            <span title={column}>{toWords(column) || column}</span>
          ))}
          rows={table.rows.map((row) =>
            table.columns.map((column) => (
              <Value value={row[column]} depth={depth + 2} name={toWords(column)} />
            )),
          )}
        />
      ) : (
        <ul>
          {values.map((value, index) => (
            <li key={index}>
              <Value value={value} depth={depth + 1} name={name} />
            </li>
          ))}
        </ul>
      )}
    </Fold>
  );
}
