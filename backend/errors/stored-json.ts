import { parseJson } from '../json/parse-json.ts';
import { AppError } from './app-error.ts';

/** Parses a stored JSON object. Undefined if it is damaged or not an object. */
export function storedObjectIfAny(json: string): Record<string, unknown> | undefined {
  try {
    const value = parseJson(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The same for required data: throws STORED_DATA_DAMAGED. `what` is its name, such as "event 3 of the session". */
export function storedObject(json: string, what: string): Record<string, unknown> {
  const value = storedObjectIfAny(json);
  if (value) return value;
  throw new AppError('STORED_DATA_DAMAGED', `The store holds ${what} in a form that cannot be read.`);
}
