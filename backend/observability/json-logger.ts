import type { LogFields, Logger } from './logger.ts';
import { maskingReplacer } from './mask.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number];

export interface JsonLoggerOptions {
  /** Lowest level that is written. */
  level: LogLevel;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Writes one line, newline included. */
  write: (line: string) => void;
  /** Fields of every line: revision, region, environment. */
  fields?: LogFields;
}

/** A logger that writes one JSON object per line: time, level, message, then the fields, with secrets masked. */
export function createJsonLogger({ level, now, write, fields = {} }: JsonLoggerOptions): Logger {
  const least = LEVELS.indexOf(level);
  const log = (at: LogLevel) => (message: string, more?: LogFields) => {
    if (LEVELS.indexOf(at) < least) return;
    const entry = { time: new Date(now()).toISOString(), level: at, message, ...fields, ...more };
    write(`${stringify(entry)}\n`);
  };
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    with: (more) => createJsonLogger({ level, now, write, fields: { ...fields, ...more } }),
  };
}

/** A log call never throws: an entry that cannot be printed (a cycle) is replaced by a note. */
function stringify(entry: Record<string, unknown>): string {
  try {
    return JSON.stringify(entry, maskingReplacer);
  } catch {
    const { time, level, message } = entry;
    return JSON.stringify({ time, level, message, fields: 'not printable' }, maskingReplacer);
  }
}
