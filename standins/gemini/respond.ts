import { RULES } from './rules.ts';
import { type Conversation, declaredFunctions, type GeminiRequest, readConversation } from './request.ts';
import type { Script } from './script.ts';

export interface Choice {
  /** The rule's example text; "echo" if none matched, or "tool result" or "go on". */
  rule: string;
  script: Script;
}

const MAX_REMEMBERED_TEXTS = 1_000;

/**
 * Chooses the response to a request. The same conversation always gets the same text, so that a cut answer can be
 * continued; only "once" and "twice" depend on how often a text was seen.
 */
export class Responder {
  private readonly failuresByText = new Map<string, number>();

  choose(request: GeminiRequest): Choice {
    const conversation = readConversation(request.contents);
    const chosen = this.match(request, conversation);
    const script = withModifiers(chosen.script, conversation.userText);
    const { givenText } = conversation;
    if (givenText && !script.calls && script.text.startsWith(givenText)) {
      const rest = script.text.slice(givenText.length) || 'There is nothing more to say about that.';
      return {
        rule: 'go on',
        script: { ...script, text: rest, thought: undefined, mishap: undefined, refusal: undefined },
      };
    }
    return this.isOver(script, conversation.userText)
      ? { rule: 'echo', script: withModifiers(echo(conversation), conversation.userText) }
      : { rule: chosen.rule, script };
  }

  private match(request: GeminiRequest, conversation: Conversation): Choice {
    const situation = { conversation, functions: declaredFunctions(request) };
    const rounds = conversation.toolRounds;
    for (const rule of RULES) {
      const match = rule.when.exec(conversation.userText);
      const script = match && rule.answer(match, situation);
      // After tool responses, only a rule with another step makes further calls.
      if (script && (rounds.length === 0 || / then call /i.test(conversation.userText))) {
        return { rule: rule.example, script };
      }
    }
    if (rounds.length > 0) return { rule: 'tool result', script: tellResults(rounds.at(-1) ?? []) };
    return { rule: 'echo', script: echo(conversation) };
  }

  /** For "once" and "twice": counts the failures for this text, and resets after the answer. */
  private isOver(script: Script, text: string): boolean {
    const limit = / once\b/i.test(text) ? 1 : / twice\b/i.test(text) ? 2 : undefined;
    if (limit === undefined || !(script.refusal ?? script.mishap)) return false;
    const seen = this.failuresByText.get(text) ?? 0;
    if (seen >= limit) {
      this.failuresByText.delete(text);
      return true;
    }
    if (this.failuresByText.size >= MAX_REMEMBERED_TEXTS) this.failuresByText.clear();
    this.failuresByText.set(text, seen + 1);
    return false;
  }
}

function echo({ userText, files }: Conversation): Script {
  const received = files
    .map((file) => ` I received a file of ${file.bytes} bytes (${file.mimeType}).`)
    .join('');
  return {
    text: `You said: ${userText || '(no text)'}.${received} I am the stand-in for Gemini: no model thought about this, a rule did, and the same words come back each time.`,
  };
}

function tellResults(results: { name: string; response: unknown }[]): Script {
  const told = results.map(({ name, response }) => `${name} returned ${JSON.stringify(response ?? null)}`);
  return { text: `Here is what I found: ${told.join('; ')}. That is all the tools had to say about it.` };
}

function withModifiers(script: Script, text: string): Script {
  const everyMs = /\bevery (\d{1,5}) ?ms\b/i.exec(text)?.[1];
  const chunks = /\bin (\d{1,5}) chunks\b/i.exec(text)?.[1];
  const held = /\bheld after (\d{1,5}(?: and \d{1,5})*)/i.exec(text)?.[1];
  return {
    ...script,
    ...(everyMs ? { delayMs: Number(everyMs) } : /\bslowly\b/i.test(text) ? { delayMs: 300 } : {}),
    ...(chunks ? { chunks: Number(chunks), chunkPerWord: false } : {}),
    ...(held ? { heldAfter: held.split(' and ').map(Number) } : {}),
  };
}
