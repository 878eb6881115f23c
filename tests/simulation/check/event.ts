/** What is looked at of an event of a session, or of a frame that shows one. */
export interface Event {
  id: string;
  author?: string;
  invocationId?: string;
  partial?: boolean;
  timestamp?: number;
  errorCode?: string;
  content?: { role?: string; parts?: { text?: string }[] };
}

/** A frame that is no event: it says why a turn failed. */
export const isError = (data: string): boolean => data.startsWith('{"error":');

export const textOf = ({ content }: Event): string =>
  (content?.parts ?? []).map(({ text }) => text ?? '').join('');

export const isRising = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
