import { FunctionTool, LlmAgent } from '@google/adk';
import { z } from 'zod';
import { MODEL } from '../model.ts';
import { addFinding } from './findings.ts';

/** Records what people observe. */
export const investigator = new LlmAgent({
  name: 'investigator',
  description: 'Takes in what people see during an incident and keeps each finding with its source.',
  model: MODEL,
  instruction: `You help to find out what happens.
Keep every fact the person gives with keep_finding, then ask for the one thing that would tell most.
Never take a guess for a finding.`,
  tools: [
    new FunctionTool({
      name: 'keep_finding',
      description: 'Keeps one finding of this incident.',
      parameters: z.object({
        what: z.string().describe('What was seen, in one sentence.'),
        source: z.string().describe('Who or what says so: a person, a log, a graph.'),
      }),
      execute: ({ what, source }, context) =>
        addFinding(context, { at: new Date().toISOString(), what, source }),
    }),
  ],
});
