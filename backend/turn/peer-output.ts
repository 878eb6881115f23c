import { createEvent, createEventActions } from '@google/adk';
import type { Content } from '@google/genai';
import type { PeerMessage, TurnOutput } from '../adk/turn-scope.ts';
import { isAnswer } from './check-message.ts';
import type { TurnEvents } from './turn-events.ts';

export interface PeerOutputOptions {
  invocationId: string;
  message: Content | undefined;
  metadata: Readonly<Record<string, unknown>> | undefined;
  events: Pick<TurnEvents, 'showPartial' | 'storePeerMessage' | 'toPythonForm'>;
}

/** Writes another agent's text into a turn. */
export class PeerOutput implements TurnOutput {
  readonly question: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly #options: PeerOutputOptions;

  constructor(options: PeerOutputOptions) {
    this.#options = options;
    this.question = textOf(options.message);
    this.metadata = options.metadata;
  }

  partial(author: string, text: string): void {
    const { invocationId, events } = this.#options;
    const event = {
      id: '',
      invocationId,
      author,
      partial: true,
      content: { role: 'model', parts: [{ text }] },
      actions: createEventActions(),
      timestamp: Date.now(),
    };
    events.showPartial(events.toPythonForm(event));
  }

  async whole(message: PeerMessage): Promise<void> {
    const { invocationId, events } = this.#options;
    await events.storePeerMessage(createEvent({ invocationId, ...message }));
  }
}

/** A person's text, without files and tool responses. */
function textOf(message: Content | undefined): string | undefined {
  if (isAnswer(message)) return undefined;
  return (
    (message?.parts ?? [])
      .map(({ text }) => text ?? '')
      .join('')
      .trim() || undefined
  );
}
