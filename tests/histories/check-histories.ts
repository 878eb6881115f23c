import {
  createEvent,
  createEventActions,
  FunctionTool,
  LlmAgent,
  LongRunningFunctionTool,
  type Event,
} from '@google/adk';
import type { Part } from '@google/genai';
import { MODEL } from '@lornu/agents/model.ts';
import { Conversation, KEY } from '@lornu/backend/testing/conversation.ts';
import { withoutRewound } from '@lornu/backend/turn/agent-view.ts';
import { refuseByModel } from '@lornu/standins/gemini/model-rules.ts';
import { readRequest } from '@lornu/standins/gemini/validate.ts';
import * as fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { history, type WrittenEvent } from './generate.ts';

const QUESTION = 'adk_request_confirmation';

const agent = (): LlmAgent =>
  new LlmAgent({
    name: 'root',
    model: MODEL,
    tools: [
      new FunctionTool({ name: 'list_notes', description: 'l', execute: () => ({ notes: [] }) }),
      new FunctionTool({
        name: 'delete_notes',
        description: 'd',
        requireConfirmation: true,
        execute: () => ({}),
      }),
      new LongRunningFunctionTool({ name: 'wait', description: 'w', execute: () => undefined }),
    ],
    subAgents: [new LlmAgent({ name: 'helper', model: MODEL, description: 'h' })],
  });

function strictly(body: string): ReturnType<typeof readRequest> {
  const request = readRequest(body);
  return typeof request === 'string' ? request : (refuseByModel(MODEL, request) ?? request);
}

/**
 * Checks `count` histories: whatever a session contains, the next turn passes Gemini's rules, the session keeps every
 * event unchanged, and the model is sent every text that still counts. Throws with the smallest history that fails.
 */
export async function checkHistories(count: number, seed: number): Promise<void> {
  const conversation = new Conversation(agent(), { readRequest: strictly });
  let index = 0;
  try {
    await fc.assert(
      fc.asyncProperty(history, async (events) => checkHistory(conversation, `s${index++}`, events)),
      { numRuns: count, seed, endOnFailure: false },
    );
  } finally {
    await conversation.close();
  }
}

async function checkHistory(
  conversation: Conversation,
  sessionId: string,
  written: WrittenEvent[],
): Promise<void> {
  const { sessions } = conversation;
  const session = await sessions.createSession({ ...KEY, sessionId });
  for (const event of written) await sessions.appendEvent({ session, event: toEvent(event) });
  const before = (await sessions.getSession({ ...KEY, sessionId }))!.events;
  const question = openQuestion(before);
  if (question) {
    const answer = { functionResponse: { id: question, name: QUESTION, response: { confirmed: true } } };
    // The answer may be refused, or fail if the question does not match its call; the request must be valid in any
    // case.
    await conversation.say([answer], { sessionId }).catch(() => undefined);
  }
  const { state, reason } = await conversation.say('and now?', {
    sessionId,
    streaming: sessionId.endsWith('1'),
  });
  const refused = conversation.refusals.splice(0);
  if (refused.length > 0 || state !== 'completed')
    throw new Error(`The next turn was ${state}: ${refused.join(' ')} ${reason ?? ''}`);
  const after = (await sessions.getSession({ ...KEY, sessionId }))!.events;
  if (!isDeepStrictEqual(after.slice(0, before.length), before)) throw new Error('The session was changed.');
  const sent = JSON.stringify(conversation.requests.at(-1));
  conversation.requests.length = 0;
  for (const text of textsOf(withoutRewound(before)))
    if (!sent.includes(text)) throw new Error(`The model was not sent: ${text}`);
}

function toEvent({ rewindTo, ...written }: WrittenEvent): Event {
  const actions = createEventActions();
  if (rewindTo) Object.assign(actions, { rewindBeforeInvocationId: rewindTo });
  return createEvent({ ...written, actions, id: crypto.randomUUID(), timestamp: Date.now() });
}

function openQuestion(events: Event[]): string | undefined {
  return events
    .flatMap(({ content }) => content?.parts ?? [])
    .find((part: Part) => part.functionCall?.name === QUESTION)?.functionCall?.id;
}

function textsOf(events: Event[]): string[] {
  return events.flatMap(({ content }) =>
    (content?.parts ?? []).flatMap(({ text, thought }) => (text && !thought ? [text] : [])),
  );
}
