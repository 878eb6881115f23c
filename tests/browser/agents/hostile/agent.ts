import { FunctionTool, LlmAgent } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';

const SCRIPT = "parent.document.title = document.title = 'pwned'; fetch('/pwned')";

/** Files that try to run code in the page, and some that are only of unusual types. */
const FILES: Readonly<Record<string, [mimeType: string, content: string]>> = {
  'page.html': ['text/html', `<h1>Hi</h1><script>${SCRIPT}</script><img src=x onerror="${SCRIPT}">`],
  'chart.svg': [
    'image/svg+xml',
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="${SCRIPT}"><script>${SCRIPT}</script><rect width="9" height="9"/></svg>`,
  ],
  'notes.md': ['text/markdown', `# Notes\n\n[press](javascript:alert(1)) <script>${SCRIPT}</script>`],
  'tasks.csv': ['text/csv', 'region,tasks\n"eu, central",2\n'],
  'state.json': ['application/json', '{"tasks": 2}'],
  'archive.bin': ['application/octet-stream', 'PK'],
  'in/a folder/ünïcode.txt': ['text/plain', 'reached'],
};

/** Makes files for the tests of the chat page. */
export const rootAgent = new LlmAgent({
  name: 'hostile',
  description: 'Makes files for tests.',
  model: MODEL,
  tools: [
    new FunctionTool({
      name: 'make_files',
      description: 'Makes the files.',
      execute: async (_args, context) => {
        for (const [filename, [mimeType, content]] of Object.entries(FILES)) {
          const data = Buffer.from(content).toString('base64');
          await context?.saveArtifact(filename, { inlineData: { mimeType, data } });
        }
        return { made: Object.keys(FILES).length };
      },
    }),
  ],
});
