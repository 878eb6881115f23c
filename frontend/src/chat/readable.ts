import { digitsOf } from '../util/exact-json.ts';

type Fields = Record<string, unknown>;

/** Rows of a table. A row may lack the value of a column. */
export interface ValueTable {
  columns: string[];
  rows: Fields[];
}

/** With more columns than this, separate fields are easier to read. */
const MAX_COLUMNS = 8;

export function isFields(value: unknown): value is Fields {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && digitsOf(value) === undefined;
}

/** A list of objects with similar fields as a table; undefined for anything that is not one. */
export function toTable(value: readonly unknown[]): ValueTable | undefined {
  const rows = value.filter(isFields);
  if (rows.length < 2 || rows.length < value.length) return undefined;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return columns.length > 0 && columns.length <= MAX_COLUMNS ? { columns, rows } : undefined;
}

/** If a tool's result is not an object, ADK wraps it under this key. */
export function unwrapped(response: Fields): unknown {
  const [only, ...others] = Object.keys(response);
  return only === 'result' && others.length === 0 ? response['result'] : response;
}
