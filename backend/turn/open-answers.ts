import type { Event } from '@google/adk';
import type { Part } from '@google/genai';
import { newEventId } from '../events/ids.ts';

/** An answer of which only partial events exist so far. */
export interface OpenAnswer {
  /** The id of its partial events, and later of its complete event. */
  id: string;
  author: string;
  branch?: string;
  /**
   * What was shown, with consecutive text joined; pieces of function calls are left out, because nobody may act on
   * them.
   */
  parts: Part[];
}

const keyOf = ({ author = '', branch }: Event): string => (branch ? `${author}\n${branch}` : author);

/**
 * Gives all partial events of one answer the id of its final event, as Python ADK does, and records what was shown, so
 * that a turn that ends in the middle can keep it. Parallel agents are distinguished by their branch.
 */
export class OpenAnswers {
  readonly #open = new Map<string, OpenAnswer>();
  readonly #storing = new Set<Promise<void>>();

  /** Answers that were shown and never completed, in the order in which they began. */
  get unfinished(): OpenAnswer[] {
    return [...this.#open.values()];
  }

  /** Sets the event's id. A complete event ends its answer once it is stored (`endWith`). */
  identify(event: Event): void {
    const key = keyOf(event);
    const open = this.#open.get(key);
    if (!event.partial) {
      event.id = open?.id ?? newEventId();
      return;
    }
    const answer = open ?? { id: newEventId(), author: event.author ?? '', branch: event.branch, parts: [] };
    if (!open) this.#open.set(key, answer);
    event.id = answer.id;
    for (const part of event.content?.parts ?? []) addText(answer.parts, part);
  }

  /** The answer of a complete event ends when it is stored; if that fails, the shown text can still be kept. */
  async endWith(event: Event, storing: Promise<unknown>): Promise<void> {
    const settled = storing.then(
      () => {
        const key = keyOf(event);
        if (this.#open.get(key)?.id === event.id) this.#open.delete(key);
      },
      () => undefined,
    );
    this.#storing.add(settled);
    await settled;
    this.#storing.delete(settled);
    await storing;
  }

  /** Resolves when every complete event that is being stored is stored or refused. */
  async settled(): Promise<void> {
    await Promise.all(this.#storing);
  }

  /** Adds an event that was shown before, with its original id. */
  recall(event: Event): void {
    const key = keyOf(event);
    const open = this.#open.get(key);
    if (!event.partial) {
      if (open?.id === event.id) this.#open.delete(key);
      return;
    }
    const { id, author = '', branch } = event;
    const answer = open?.id === id ? open : { id, author, branch, parts: [] };
    this.#open.set(key, answer);
    for (const part of event.content?.parts ?? []) addText(answer.parts, part);
  }
}

function addText(parts: Part[], part: Part): void {
  if (!part.text) return;
  const last = parts.at(-1);
  if (last && Boolean(last.thought) === Boolean(part.thought)) last.text += part.text;
  else parts.push({ text: part.text, ...(part.thought ? { thought: true } : {}) });
}
