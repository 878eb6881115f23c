export type LogFields = Record<string, unknown>;

/** Logs JSON lines, one per call. Do not pass secrets; the implementation also masks values that look like one. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each line. */
  with(fields: LogFields): Logger;
}
