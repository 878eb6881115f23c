import { z } from 'zod';

const LOG_LINE = z.looseObject({ level: z.string(), message: z.string(), next: z.string().optional() });

/** Formats a JSON log line of the service for people; returns any other line unchanged. */
export function readableLine(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { level, message, next, appName, reason, text } = LOG_LINE.parse(JSON.parse(line));
    const subject = [appName, reason, text].filter((part) => typeof part === 'string').join(': ');
    return `${level}: ${message}${subject ? ` (${subject})` : ''}${next ? `. ${next}` : ''}`;
  } catch {
    return line;
  }
}
