/** Why a value cannot be stored, as the end of a sentence: "... could not be kept because <reason>". */
export class NotJsonError extends Error {
  override readonly name = 'NotJsonError';
}

/** Deeper values are refused in requests as well. */
const MAX_DEPTH = 64;

/**
 * Converts the value of a tool or callback to JSON, in the usual forms: times as ISO text, bytes as base64, an Error
 * as its message, a Map as an object (or as pairs if a key is not a string), a Set as a list, NaN and the infinities
 * as text (as in protobuf's JSON). Lone surrogates become U+FFFD, values that JSON leaves out are left out, and a
 * BigInt stays one (parse-json.ts prints it). Throws NotJsonError for values that contain themselves, are nested too
 * deep, or throw when read.
 */
export function toJsonValue(value: unknown): unknown {
  return convert(value, '', new Set()) ?? null;
}

function convert(value: unknown, path: string, above: Set<object>): unknown {
  switch (typeof value) {
    case 'string':
      return value.toWellFormed();
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
    case 'bigint':
      return value;
    case 'object':
      return value === null ? null : convertObject(value, path, above);
    default:
      return undefined;
  }
}

function convertObject(value: object, path: string, above: Set<object>): unknown {
  const place = path === '' ? 'it' : path;
  if (above.has(value)) throw new NotJsonError(`${place} refers to itself`);
  if (above.size >= MAX_DEPTH) throw new NotJsonError(`it is nested more than ${MAX_DEPTH} deep`);
  above.add(value);
  try {
    return convertParts(value, path, above);
  } catch (error) {
    if (error instanceof NotJsonError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new NotJsonError(`${place} cannot be read: ${message.slice(0, 200)}`);
  } finally {
    above.delete(value);
  }
}

function convertParts(value: object, path: string, above: Set<object>): unknown {
  const list = (items: Iterable<unknown>): unknown[] =>
    Array.from(items, (item, index) => convert(item, `${path}[${index}]`, above) ?? null);
  const object = (entries: Iterable<[string, unknown]>): Record<string, unknown> => {
    const result: Record<string, unknown> = {};
    for (const [key, item] of entries) {
      const converted = convert(item, path === '' ? key : `${path}.${key}`, above);
      if (converted === undefined) continue;
      const name = key.toWellFormed();
      if (name === '__proto__')
        Object.defineProperty(result, name, {
          value: converted,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      else result[name] = converted;
    }
    return result;
  };
  if (isBoxed(value)) return convert(value.valueOf(), path, above);
  if (Array.isArray(value) || value instanceof Set) return list(value);
  if (value instanceof Error) return value.message.toWellFormed();
  if (value instanceof Map) {
    const entries = [...(value as Map<unknown, unknown>)];
    const isKeyed = entries.every((entry): entry is [string, unknown] => typeof entry[0] === 'string');
    return isKeyed ? object(entries) : list(entries);
  }
  if (value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof DataView)
    return toBase64(value);
  if (ArrayBuffer.isView(value)) return list(value as unknown as Iterable<unknown>);
  if (value instanceof Date && Number.isNaN(value.getTime())) return null;
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return convert(value.toJSON(''), path, above) ?? null;
  return object(Object.entries(value));
}

function isBoxed(value: object): boolean {
  return [Number, String, Boolean, BigInt].some((primitive) => value instanceof primitive);
}

function toBase64(bytes: Uint8Array | ArrayBuffer | DataView): string {
  if (bytes instanceof ArrayBuffer) return Buffer.from(bytes).toString('base64');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
