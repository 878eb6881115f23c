import { LlmAgent } from '@google/adk';
import { expect, test } from 'bun:test';
import { describeAgents } from './agent-info.ts';

test('agents are described whatever their names are', async () => {
  const names = ['constructor', 'toString', '__proto__'];
  const root = new LlmAgent({
    name: 'root_agent',
    model: 'm',
    subAgents: names.map((name) => new LlmAgent({ name, model: 'm', description: `I am ${name}` })),
  });
  const described = await describeAgents(root);
  expect(Object.keys(described)).toEqual([...names, 'root_agent']);
  for (const name of names)
    expect(Object.getOwnPropertyDescriptor(described, name)?.value).toMatchObject({
      description: `I am ${name}`,
    });
});
