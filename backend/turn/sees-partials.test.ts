import { AgentTool, BasePlugin, FunctionTool, LlmAgent, SequentialAgent } from '@google/adk';
import { MODEL } from '@lornu/agents/model.ts';
import { expect, test } from 'bun:test';
import { seesPartials } from './sees-partials.ts';

class Watching extends BasePlugin {
  ignoresPartials?: boolean;
  override async onEventCallback(): Promise<undefined> {}
}
class Passive extends BasePlugin {
  override async beforeRunCallback(): Promise<undefined> {}
}

const model = MODEL;
const plain = () => new LlmAgent({ name: 'plain', model });
const tool = new FunctionTool({ name: 't', description: 'd', execute: () => ({}) });
const silentPlugin = new Watching('whole events only');
silentPlugin.ignoresPartials = true;

test.each([
  ['a plain agent', plain(), [], false],
  [
    'an agent with tools and sub-agents',
    new LlmAgent({ name: 'a', model, tools: [tool], subAgents: [plain()] }),
    [],
    false,
  ],
  [
    'a callback after the model',
    new LlmAgent({ name: 'a', model, afterModelCallback: () => undefined }),
    [],
    true,
  ],
  [
    'a callback of a sub-agent',
    new LlmAgent({
      name: 'a',
      model,
      subAgents: [new LlmAgent({ name: 'b', model, afterModelCallback: () => undefined })],
    }),
    [],
    true,
  ],
  [
    'an agent inside a tool',
    new LlmAgent({ name: 'a', model, tools: [new AgentTool({ agent: plain() })] }),
    [],
    true,
  ],
  ['an agent that is no LlmAgent', new SequentialAgent({ name: 's', subAgents: [plain()] }), [], true],
  ['a plugin that looks at events', plain(), [new Watching('w')], true],
  ['a plugin that looks at whole events only', plain(), [silentPlugin], false],
  ['a plugin that looks at neither', plain(), [new Passive('p')], false],
])('%s', (_what, agent, plugins, expected) => {
  expect(seesPartials(agent, plugins)).toBe(expected);
});
