import { FunctionTool, LlmAgent, LongRunningFunctionTool } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';
import { z } from 'zod';

/** An agent that triggers each form of the wire contract on demand. agent.py is the same agent in Python. */
const setState = new FunctionTool({
  name: 'set_state',
  description: 'Writes one key of the state.',
  parameters: z.object({ key: z.string(), value: z.string() }),
  execute: ({ key, value }, context) => {
    context?.state.set(key, value);
    return { key, value };
  },
});

const readState = new FunctionTool({
  name: 'read_state',
  description: 'Reads one key of the state.',
  parameters: z.object({ key: z.string() }),
  execute: ({ key }, context) => ({ key, value: context?.state.get(key) ?? null }),
});

const snakeAndCamel = new FunctionTool({
  name: 'snake_and_camel',
  description: "Returns what it was given: keys of people's own data keep their spelling.",
  parameters: z.object({ payload: z.record(z.string(), z.unknown()) }),
  execute: ({ payload }) => ({ snake_key: payload, camelKey: [payload, null, 1.5, true] }),
});

const fail = new FunctionTool({
  name: 'fail',
  description: 'Fails.',
  execute: () => {
    throw new Error('The tool failed on purpose.');
  },
});

const saveFile = new FunctionTool({
  name: 'save_file',
  description: 'Saves a file in the session.',
  parameters: z.object({ name: z.string(), text: z.string() }),
  execute: async ({ name, text }, context) => ({ version: await context?.saveArtifact(name, { text }) }),
});

const finishHere = new FunctionTool({
  name: 'finish_here',
  description: 'Its result is the answer: the model is not asked again.',
  execute: (_input, context) => {
    if (context) context.actions.skipSummarization = true;
    return { done: true };
  },
});

const askApproval = new LongRunningFunctionTool({
  name: 'ask_approval',
  description: 'Starts an approval that somebody gives later.',
  parameters: z.object({ reason: z.string() }),
  execute: ({ reason }) => ({ status: 'pending', reason }),
});

const erase = new FunctionTool({
  name: 'erase',
  description: 'Erases something, once a person has confirmed it.',
  parameters: z.object({ what: z.string() }),
  requireConfirmation: true,
  execute: ({ what }) => ({ erased: what }),
});

const giveOdd = new FunctionTool({
  name: 'give_odd',
  description: 'Returns values that JSON has no form for.',
  execute: () => ({
    date: new Date(0),
    map: new Map([['a', 1]]),
    set: new Set([1, 2]),
    error: new Error('no disk'),
    bytes: new Uint8Array([1, 2, 3]),
    long: 9007199254740993n,
  }),
});

const helper = new LlmAgent({
  name: 'helper',
  description: 'Helps with things that the root agent hands over.',
  model: MODEL,
  instruction: 'You are the helper.',
});

export const rootAgent = new LlmAgent({
  name: 'probe',
  description: 'Does each thing the wire contract has a form for.',
  model: MODEL,
  instruction: 'You are the probe.',
  outputKey: 'last_answer',
  subAgents: [helper],
  tools: [setState, readState, snakeAndCamel, fail, saveFile, finishHere, askApproval, erase, giveOdd],
});
