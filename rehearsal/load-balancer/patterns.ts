/** Converts a pattern of AWS (* any characters, ? one) to a regular expression for HAProxy. */
export function toRegex(pattern: string): string {
  const body = Array.from(pattern, (character) => {
    if (character === '*') return '.*';
    if (character === '?') return '.';
    return /[A-Za-z0-9/_-]/.test(character) ? character : `\\${character}`;
  });
  return `^${body.join('')}$`;
}

/**
 * Quotes an argument of HAProxy's configuration; nothing inside single quotes is expanded.
 * https://docs.haproxy.org/2.6/configuration.html#2.2
 */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Escapes text for a log-format string, where a percent sign begins an expression. */
export function literal(text: string): string {
  return text.replaceAll('%', '%%');
}
