/** The checked fields of a session's event, or of a frame that shows one. */
export interface Event {
  id: string;
  author?: string;
  invocationId?: string;
  partial?: boolean;
  timestamp?: number;
  errorCode?: string;
  /** Calls that stay open on purpose. */
  longRunningToolIds?: string[];
  content?: { role?: string; parts?: Part[] };
}

interface Part {
  text?: string;
  functionCall?: { id?: string };
  functionResponse?: { id?: string };
}

/** Ids of calls without a response. */
export function openCalls(events: readonly Event[]): string[] {
  const parts = events.flatMap(({ content }) => content?.parts ?? []);
  const answered = new Set(parts.map(({ functionResponse }) => functionResponse?.id));
  const meant = new Set(events.flatMap(({ longRunningToolIds }) => longRunningToolIds ?? []));
  return parts.flatMap(({ functionCall }) => {
    const id = functionCall?.id;
    return id === undefined || answered.has(id) || meant.has(id) ? [] : [id];
  });
}

/** Whether a person answers a question of the agent, which continues the invocation that asked it. */
export const isAnswer = ({ author, content }: Event): boolean =>
  author === 'user' && (content?.parts ?? []).some(({ functionResponse }) => functionResponse);

/** Whether a frame is not an event, but the reason why a turn failed. */
export const isError = (data: string): boolean => data.startsWith('{"error":');

export const textOf = ({ content }: Event): string =>
  (content?.parts ?? []).map(({ text }) => text ?? '').join('');

export const isRising = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
