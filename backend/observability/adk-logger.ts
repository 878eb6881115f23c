import { LogLevel, type Logger as AdkLogger } from '@google/adk';
import type { Logger } from './logger.ts';

/** Longest message taken from ADK: some print whole classes and requests. */
const MAX_CHARS = 500;

/**
 * Warnings of ADK about its own methods, for programmers: logged once per process, because an operator cannot act on
 * them.
 */
const NOT_FOR_OPERATORS = /is experimental and may change/;

/** Sends ADK's log messages to our logger. ADK logs every model call as `info`, so its `info` becomes `debug` here. */
export function toAdkLogger(log: Logger): AdkLogger {
  const lines: Record<LogLevel, (message: string) => void> = {
    [LogLevel.DEBUG]: (text) => log.debug('adk', { text }),
    [LogLevel.INFO]: (text) => log.debug('adk', { text }),
    [LogLevel.WARN]: (text) =>
      NOT_FOR_OPERATORS.test(text) ? log.debug('adk', { text }) : log.warn('adk', { text }),
    [LogLevel.ERROR]: (text) => log.error('adk', { text }),
  };
  const at =
    (level: LogLevel) =>
    (...args: unknown[]): void =>
      lines[level](args.map(textOf).join(' ').slice(0, MAX_CHARS));
  return {
    log: (level, ...args) => at(level)(...args),
    debug: at(LogLevel.DEBUG),
    info: at(LogLevel.INFO),
    warn: at(LogLevel.WARN),
    error: at(LogLevel.ERROR),
    // The configuration sets the level.
    setLogLevel: () => undefined,
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return Bun.inspect(value, { depth: 2 });
}
