/**
 * Lossless JSON. Integers beyond 2^53 are parsed as BigInt, and JSON.stringify prints a BigInt as its digits everywhere
 * in the process.
 */

declare global {
  interface JSON {
    /** https://github.com/tc39/proposal-json-parse-with-source; TypeScript does not know it yet. */
    rawJSON(text: string): object;
  }
  interface BigInt {
    toJSON(): object;
  }
}

// Frameworks and SDKs call JSON.stringify themselves: a replacer of ours would reach only some of the calls.
// oxlint-disable-next-line no-extend-native -- the one hook that JSON.stringify has for a BigInt
Object.defineProperty(BigInt.prototype, 'toJSON', {
  configurable: true,
  value(this: bigint): object {
    return JSON.rawJSON(this.toString());
  },
});

/**
 * An integer that a double may not represent exactly. A match inside a string only costs a second check. Not
 * `/[\s:,[-]\d{16}/`: once that has matched, Bun 1.4.5 takes nine times as long for every later text.
 */
const LONG_INTEGER = /(?<=[\s:,[-])\d{16}/;
/** An escaped surrogate without its other half. */
const LONE_SURROGATE =
  /\\u[dD](?:[89abAB]..(?!\\u[dD][c-fC-F])|[c-fC-F]..(?<!\\u[dD][89abAB]..\\u[dD][c-fC-F]..))/;

/** An exponent that may be beyond the range of a double. */
const LARGE_EXPONENT = /\d[eE]\+?\d{3}/;

const INTEGER = /(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;
const SHORTEST_INTEGER = 16;
/** Python's limit for integers; parsing time grows with the square of the digits. */
const MOST_DIGITS = 4_300;
/** Marks an integer's text until the parsed value is walked. Random, so that no input can contain it. */
const MARK = `\u0000${crypto.randomUUID()}:`;

/**
 * JSON.parse that keeps integers beyond 2^53 (as BigInt) and replaces lone surrogates by U+FFFD. Nearly every text has
 * neither and costs only three more regular expressions. Throws SyntaxError, and RangeError for a number like 1e999:
 * JSON.parse makes Infinity of it, which would be stored as null.
 */
export function parseJson(text: string): unknown {
  const hasLongInteger = LONG_INTEGER.test(text);
  if (!hasLongInteger && !LARGE_EXPONENT.test(text) && !LONE_SURROGATE.test(text)) return JSON.parse(text);
  return restore(JSON.parse(hasLongInteger ? markIntegers(text) : text));
}

/** Turns long integers into marked strings; leaves the contents of strings alone. */
function markIntegers(text: string): string {
  const pieces: string[] = [];
  let from = 0;
  while (from < text.length) {
    const quote = text.indexOf('"', from);
    const between = quote === -1 ? text.slice(from) : text.slice(from, quote);
    pieces.push(between.length < SHORTEST_INTEGER ? between : between.replace(INTEGER, markInteger));
    if (quote === -1) break;
    from = endOfString(text, quote) + 1;
    pieces.push(text.slice(quote, from));
  }
  return pieces.join('');
}

function markInteger(digits: string): string {
  // A leading zero is not JSON: JSON.parse will refuse it.
  const isPlain = digits.length > MOST_DIGITS || Number.isSafeInteger(Number(digits)) || /^-?0/.test(digits);
  return isPlain ? digits : JSON.stringify(MARK + digits);
}

function restore(value: unknown): unknown {
  if (typeof value === 'string')
    return value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value.toWellFormed();
  if (value === Infinity || value === -Infinity)
    throw new RangeError('A number is too large: JSON numbers go up to 1.8e308');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = restore(value[index]);
    return value;
  }
  const entries = value as Record<string, unknown>;
  for (const key of Object.keys(entries)) {
    const restored = restore(entries[key]);
    if (key.isWellFormed()) {
      if (restored !== entries[key]) setOwn(entries, key, restored);
    } else {
      delete entries[key];
      setOwn(entries, key.toWellFormed(), restored);
    }
  }
  return entries;
}

/** Sets an own property, even `__proto__`. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Index of the closing quote of the string that begins at `start`, or the text's end. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === 0x5c /* \ */) backslashes++;
  return backslashes % 2 === 1;
}
