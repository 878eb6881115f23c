import { setLogger } from '@google/adk';
import type { Logger } from '../observability/logger.ts';

/**
 * Sends what ADK says to our log: warnings and errors as they are, the rest as debug. Without this it writes coloured
 * text to the standard output, and class sources when a model is registered.
 */
export function sendAdkLogTo(log: Logger): void {
  const text = (messages: unknown[]): string =>
    messages
      .map((message) => String(message))
      .join(' ')
      .slice(0, 1_000);
  setLogger({
    setLogLevel() {},
    log() {},
    debug() {},
    info: (...messages) => log.debug('adk', { text: text(messages) }),
    warn: (...messages) => log.warn('adk', { text: text(messages) }),
    error: (...messages) => log.error('adk', { text: text(messages) }),
  });
}
