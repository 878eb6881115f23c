import { LlmAgent } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';
import { afterAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../testing/run-bench.ts';
import { loadAgents } from './load-agents.ts';

// Outside the repository, where no packages are installed.
const dir = mkdtempSync(join(tmpdir(), 'agents-'));
const sources = {
  good: `import { LlmAgent, FunctionTool } from '@google/adk';
      import { z } from 'zod';
      const tool = new FunctionTool({ name: 't', description: 'd', parameters: z.object({ n: z.number() }), execute: ({ n }) => ({ n }) });
      export const rootAgent = new LlmAgent({ name: 'good', model: '${MODEL}', tools: [tool] });`,
  dressed: `import { LlmAgent } from '@google/adk';
      export const rootAgent = new LlmAgent({ name: 'dressed', model: '${MODEL}' });
      export const page = { title: 'Dressed', suggestions: [{ title: 'Begin', message: 'Hello.' }] };`,
  scruffy: `import { LlmAgent } from '@google/adk';
      export const rootAgent = new LlmAgent({ name: 'scruffy', model: '${MODEL}' });
      export const page = { icon: '<img src=x>' };`,
  throws: `throw new Error('no key in /somewhere/secret/file.txt');`,
  nothing: 'export const other = 1;',
  wrong: 'export const rootAgent = { name: "x" };',
  hangs: 'await new Promise(() => {}); export const rootAgent = 1;',
  missing: `import 'not-installed-anywhere'; export const rootAgent = 1;`,
};
for (const [name, text] of Object.entries(sources)) {
  mkdirSync(join(dir, name));
  writeFileSync(join(dir, name, 'agent.ts'), text);
}
for (const name of ['empty', '.git', 'node_modules', '__pycache__']) mkdirSync(join(dir, name));
afterAll(() => rmSync(dir, { recursive: true }));

test('good agents of a folder are served, broken ones are listed with a reason', async () => {
  const { agents, broken } = await loadAgents({ dir, log: silentLog, timeoutMs: 300 });
  expect([...agents.keys()]).toEqual(['dressed', 'good']);
  expect(agents.get('dressed')?.page).toMatchObject({ title: 'Dressed' });
  expect(agents.get('good')?.page).toEqual({});
  expect(Object.fromEntries(broken.map(({ appName, reason }) => [appName, reason]))).toEqual({
    empty: 'There is no agent.ts in it.',
    hangs: 'It did not load within 300 ms.',
    missing: expect.stringContaining('not-installed-anywhere'),
    nothing: 'agent.ts exports no rootAgent.',
    scruffy: 'page.icon: is no <svg xmlns="…"> text',
    throws: 'no key in file.txt',
    wrong: 'rootAgent of agent.ts is not an ADK agent.',
  });
  expect(JSON.stringify(broken)).not.toContain('/somewhere');
  expect(JSON.stringify(broken)).not.toContain(dir);
});

test("an agent outside the repository gets the service's own copy of ADK", async () => {
  const { agents } = await loadAgents({ dir, log: silentLog, timeoutMs: 300 });
  expect(agents.get('good')?.rootAgent).toBeInstanceOf(LlmAgent);
});

test("the repository's own agents load", async () => {
  const { agents, broken } = await loadAgents({ dir: join(import.meta.dir, '../../agents'), log: silentLog });
  expect(broken).toEqual([]);
  expect([...agents.keys()]).toContain('lornu');
});
