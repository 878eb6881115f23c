import { LogLevel, type Logger as AdkLogger } from '@google/adk';
import type { Logger } from './logger.ts';

/** Longest text taken over from ADK: some of its messages print whole classes and requests. */
const MAX_CHARS = 500;

/** ADK's own messages as lines of our log. Its `info` tells of every model call and is `debug` here. */
export function toAdkLogger(log: Logger): AdkLogger {
  const lines: Record<LogLevel, (message: string) => void> = {
    [LogLevel.DEBUG]: (text) => log.debug('adk', { text }),
    [LogLevel.INFO]: (text) => log.debug('adk', { text }),
    [LogLevel.WARN]: (text) => log.warn('adk', { text }),
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
    // The level is the configuration's.
    setLogLevel: () => undefined,
  };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return Bun.inspect(value, { depth: 2 });
}
