import { FunctionTool, LlmAgent, type Event } from '@google/adk';
import type { Part } from '@google/genai';
import { MODEL } from '@lornu/agents/model.ts';
import { afterEach } from 'bun:test';
import { refuseByModel } from '../../standins/gemini/model-rules.ts';
import { readRequest } from '../../standins/gemini/validate.ts';
import { Conversation, type ConversationOptions } from './conversation.ts';

export type AgentOptions = Partial<ConstructorParameters<typeof LlmAgent>[0]>;

/** The response of a tool that waits for confirmation. */
export const UNCONFIRMED = { error: 'This tool call requires confirmation, please approve or reject.' };

let deletions = 0;
let open: Conversation[] = [];
afterEach(async () => {
  await Promise.all(open.map((conversation) => conversation.close()));
  open = [];
});

/** How often `delete_notes` has run in the newest conversation. */
export const deletionCount = (): number => deletions;

const tools = (): FunctionTool[] => [
  new FunctionTool({ name: 'list_notes', description: 'l', execute: () => ({ notes: ['n'] }) }),
  new FunctionTool({
    name: 'delete_notes',
    description: 'd',
    requireConfirmation: true,
    execute: () => ({ deleted: ++deletions }),
  }),
  new FunctionTool({
    name: 'broken',
    description: 'b',
    execute: () => {
      throw new Error('no disk');
    },
  }),
];

/** A conversation with an agent whose tools succeed, ask for confirmation, or throw; closed after the test. */
export function beginConversation(
  agent: AgentOptions = {},
  options: Partial<ConversationOptions> = {},
): Conversation {
  deletions = 0;
  const conversation = new Conversation(
    new LlmAgent({ name: 'root', model: MODEL, tools: tools(), ...agent }),
    { readRequest: strictly, ...options },
  );
  open.push(conversation);
  return conversation;
}

/** Reads requests as the newest model does, which refuses the most. */
function strictly(body: string): ReturnType<typeof readRequest> {
  const request = readRequest(body);
  return typeof request === 'string' ? request : (refuseByModel(MODEL, request) ?? request);
}

export const call = (name: string, args: Record<string, unknown> = {}): Part => ({
  functionCall: { name, args },
});

export const responsesOf = (events: readonly Event[]): unknown[] =>
  events.flatMap(({ content }) =>
    (content?.parts ?? []).flatMap((part) => part.functionResponse?.response ?? []),
  );

/** The function responses in the model's newest request. */
export const sentResponses = ({ requests }: Conversation): unknown[] =>
  (requests.at(-1) ?? []).flatMap(({ parts }) =>
    (parts ?? []).flatMap((part) => part.functionResponse?.response ?? []),
  );

/** The model's newest request. */
export const sentText = ({ requests }: Conversation): string => JSON.stringify(requests.at(-1));
