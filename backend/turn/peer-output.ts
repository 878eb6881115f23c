import { createEvent, createEventActions, type Event } from '@google/adk';
import type { Content } from '@google/genai';
import type { PeerMessage, TurnOutput } from '../peer/turn-output.ts';

export interface PeerOutputOptions {
  invocationId: string;
  message: Content | undefined;
  metadata: Readonly<Record<string, unknown>> | undefined;
  showPartial: (event: Event) => void;
  /** Stores an event and shows it. */
  say: (event: Event) => Promise<void>;
}

/** Writes the words of another agent into a turn; `pending` resolves when they are stored. */
export class PeerOutput implements TurnOutput {
  readonly question: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  pending: Promise<void> | undefined;
  readonly #options: PeerOutputOptions;

  constructor(options: PeerOutputOptions) {
    this.#options = options;
    this.question = textOf(options.message);
    this.metadata = options.metadata;
  }

  partial(author: string, text: string): void {
    const { invocationId, showPartial } = this.#options;
    showPartial({
      id: '',
      invocationId,
      author,
      partial: true,
      content: { role: 'model', parts: [{ text }] },
      actions: createEventActions(),
      timestamp: Date.now(),
    });
  }

  async whole(spoken: PeerMessage): Promise<void> {
    const before = this.pending;
    const said = this.#say(spoken, before);
    this.pending = said.catch(() => undefined);
    await said;
  }

  async #say(spoken: PeerMessage, before: Promise<void> | undefined): Promise<void> {
    await before;
    await this.#options.say(createEvent({ invocationId: this.#options.invocationId, ...spoken }));
  }
}

/** What a person wrote, without files and answers of tools. */
function textOf(message: Content | undefined): string | undefined {
  const parts = message?.parts ?? [];
  if (parts.some(({ functionResponse }) => functionResponse)) return undefined;
  return (
    parts
      .map(({ text }) => text ?? '')
      .join('')
      .trim() || undefined
  );
}
