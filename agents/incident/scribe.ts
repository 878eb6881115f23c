import { FunctionTool, LlmAgent } from '@google/adk';
import { z } from 'zod';
import { MODEL } from '../model.ts';
import { readFindings, toReport } from './findings.ts';

const FILENAME = 'incident-report.md';

/** Writes the findings into a file. */
export const scribe = new LlmAgent({
  name: 'scribe',
  description: 'Writes the report of an incident from the findings, as a file.',
  model: MODEL,
  instruction: `You write the report of an incident with write_report, and say in one sentence what it holds.
Never add what is not among the findings.`,
  tools: [
    new FunctionTool({
      name: 'write_report',
      description: 'Writes the report of this incident into a file and shows it.',
      parameters: z.object({ title: z.string().describe('What happened, in a few words.') }),
      execute: async ({ title }, context) => {
        const findings = readFindings(context);
        const bytes = Buffer.from(toReport(title, findings));
        const part = { inlineData: { mimeType: 'text/markdown', data: bytes.toString('base64') } };
        const version = await context?.saveArtifact(FILENAME, part);
        return { file: FILENAME, version, findings: findings.length };
      },
    }),
  ],
});
