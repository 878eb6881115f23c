import { z } from 'zod';

const LOG_LINE = z.looseObject({ level: z.string(), message: z.string(), next: z.string().optional() });

/** One of the service's JSON log lines in words; any other line as it is. */
export function readableLine(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const { level, message, next, appName, reason } = LOG_LINE.parse(JSON.parse(line));
    const subject = [appName, reason].filter((part) => typeof part === 'string').join(': ');
    return `${level}: ${message}${subject ? ` (${subject})` : ''}${next ? `. ${next}` : ''}`;
  } catch {
    return line;
  }
}
