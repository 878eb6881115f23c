import { FunctionTool, LlmAgent } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';
import { z } from 'zod';

// Contains one of everything that can break: changed-agents.test.ts changes this file line by line.

const INSTRUCTION = `You are the clerk of a small library.
Answer briefly and in plain words.
Never lend more than three books to one person.
The desk is open until {closing?}.`;

const search = new FunctionTool({
  name: 'search_books',
  description: 'Finds books by their author.',
  parameters: z.object({ author: z.string().describe('The family name.') }),
  execute: ({ author }) => ({ titles: [`${author}: collected works`] }),
});

const lend = new FunctionTool({
  name: 'lend_book',
  description: 'Lends a book to this person.',
  parameters: z.object({
    title: z.string().describe('The title.'),
    days: z.number().describe('For how long.'),
  }),
  execute: ({ title, days }, context) => {
    const lent = (context?.state.get('lent') as string[] | undefined) ?? [];
    context?.state.set('lent', [...lent, title]);
    return { lent: title, days };
  },
});

const remove = new FunctionTool({
  name: 'remove_book',
  description: 'Takes a book out of the catalogue for good.',
  parameters: z.object({ title: z.string() }),
  requireConfirmation: true,
  execute: ({ title }) => ({ removed: title }),
});

const shelf = new FunctionTool({
  name: 'find_shelf',
  description: 'Tells where a book stands.',
  parameters: z.object({ title: z.string() }),
  execute: ({ title }) => ({ shelf: title.length }),
});

const archivist = new LlmAgent({
  name: 'archivist',
  description: 'Knows where every book stands.',
  model: MODEL,
  instruction: 'Tell on which shelf a book stands.',
  tools: [shelf],
});

export const rootAgent = new LlmAgent({
  name: 'library',
  description: 'Lends books.',
  model: MODEL,
  instruction: INSTRUCTION,
  generateContentConfig: { maxOutputTokens: 500, seed: 7 },
  outputKey: 'last_answer',
  tools: [search, lend, remove],
  subAgents: [archivist],
  beforeModelCallback: ({ request }) => {
    const { config = {} } = request;
    request.config = {
      ...config,
      systemInstruction: `${config.systemInstruction as string}\nToday is Monday.`,
    };
    return undefined;
  },
  afterModelCallback: ({ response }) => {
    const parts = response.content?.parts ?? [];
    if (!parts.some(({ text }) => text?.includes('found'))) return undefined;
    const signed = parts.map((part) => (part.text ? { ...part, text: `${part.text} The clerk.` } : part));
    return { ...response, content: { role: 'model', parts: signed } };
  },
  beforeToolCallback: ({ args, context }) => {
    if (typeof args['days'] === 'number') args['days'] += 1;
    context.state.set('tools_used', Number(context.state.get('tools_used') ?? 0) + 1);
    return undefined;
  },
  afterToolCallback: ({ response }) => ({ ...response, checks: Number(response['checks'] ?? 0) + 1 }),
});
