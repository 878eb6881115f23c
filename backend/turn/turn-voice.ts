import { createEvent, createEventActions, type Event } from '@google/adk';
import type { Content } from '@google/genai';
import type { Spoken, TurnVoice } from '../peer/turn-voices.ts';

export interface VoiceParts {
  invocationId: string;
  message: Content | undefined;
  metadata: Readonly<Record<string, unknown>> | undefined;
  showPartial: (event: Event) => void;
  /** Stores an event and shows it. */
  say: (event: Event) => Promise<void>;
}

/** A turn's voice for another agent that is asked in it; `isSpeaking` ends when what it said is stored. */
export class OwnTurnVoice implements TurnVoice {
  readonly question: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  isSpeaking: Promise<void> | undefined;
  readonly #parts: VoiceParts;

  constructor(parts: VoiceParts) {
    this.#parts = parts;
    this.question = textOf(parts.message);
    this.metadata = parts.metadata;
  }

  partial(author: string, text: string): void {
    const { invocationId, showPartial } = this.#parts;
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

  async whole(spoken: Spoken): Promise<void> {
    const before = this.isSpeaking;
    const said = this.#say(spoken, before);
    this.isSpeaking = said.catch(() => undefined);
    await said;
  }

  async #say(spoken: Spoken, before: Promise<void> | undefined): Promise<void> {
    await before;
    await this.#parts.say(createEvent({ invocationId: this.#parts.invocationId, ...spoken }));
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
