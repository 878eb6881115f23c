import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFixture, TEST_WITHIN_MS, type BrowserFixture } from './fixture.ts';

setDefaultTimeout(TEST_WITHIN_MS);

let agentsDir: string;
let fixture: BrowserFixture;
beforeAll(async () => {
  // Outside the checkout: documented examples must work where nothing is installed.
  agentsDir = await mkdtemp(join(tmpdir(), 'lornu-agents-'));
  const text = await Bun.file(join(import.meta.dir, '../../docs/agents.md')).text();
  const example = /```ts\n([\s\S]*?)```/u.exec(text)?.[1] ?? '';
  await mkdir(join(agentsDir, 'greeter'));
  await Bun.write(join(agentsDir, 'greeter/agent.ts'), example);
  await mkdir(join(agentsDir, 'broken'));
  await Bun.write(join(agentsDir, 'broken/agent.ts'), 'throw new Error("no such key")');
  fixture = await startFixture({ agentsDir });
});
afterAll(async () => {
  await fixture?.stop();
  await rm(agentsDir, { recursive: true, force: true });
});

test('the example of docs/agents.md runs from a mounted folder, beside an agent that does not load', async () => {
  const chat = await fixture.openPage();
  await chat.page.getByText('Greets people by name.').waitFor();
  await chat.ask('call greet with {"name":"Ada"}');
  await chat.conversation.getByText('Greet', { exact: true }).click();
  await chat.conversation.getByText('Good day, Ada.', { exact: true }).waitFor();
  const ready = await fetch(`${fixture.service.url}/ready`);
  expect(await ready.text()).toContain('no such key');
});
