import { expect, test } from 'bun:test';
import type { AdkEvent, Session } from '../api/types.ts';
import { answerToMarkdown, toExport, toMarkdown } from './export.ts';

const EVENTS: AdkEvent[] = [
  {
    id: '1',
    invocationId: 'e-1',
    author: 'user',
    timestamp: 1_764_426_720,
    content: { parts: [{ text: 'Look' }] },
  },
  {
    id: '2',
    invocationId: 'e-1',
    author: 'lornu',
    content: {
      parts: [
        { text: 'hm', thought: true },
        { functionCall: { id: 'c', name: 'look_up', args: { text: 'a ```` b' } } },
      ],
    },
  },
  {
    id: '3',
    author: 'lornu',
    content: { parts: [{ functionResponse: { id: 'c', name: 'look_up', response: { count: 1 } } }] },
  },
  {
    id: '4',
    author: 'lornu',
    content: { parts: [{ text: '**One**.' }] },
    actions: { artifactDelta: { 'a.csv': 0 } },
  },
  { id: '5', actions: { rewindBeforeInvocationId: 'e-9' } },
];

test('Markdown has texts and tool calls, in fences that hold any content', () => {
  expect(toMarkdown('Title', EVENTS)).toBe(
    `# Title\n\n## You, 2025-11-29 14:32 UTC\n\nLook\n\n## Agent\n\n*Look up*\n\n\`\`\`\`\`json\n${JSON.stringify({ call: { text: 'a ```` b' }, result: { count: 1 } }, null, 2)}\n\`\`\`\`\`\n\n**One**.\n\n*File: a.csv*\n`,
  );
});

test('an answer is copied with its code and output, without thoughts', () => {
  const written = { author: 'lornu', streaming: false };
  expect(
    answerToMarkdown([
      { kind: 'text', key: '1', text: 'hm', thought: true, ...written },
      { kind: 'code', key: '2', author: 'lornu', code: 'print(1)', language: 'python' },
      { kind: 'code-result', key: '3', author: 'lornu', output: '1', failed: false },
      { kind: 'text', key: '4', text: 'One.', thought: false, ...written },
    ]),
  ).toBe('```python\nprint(1)\n```\n\n```\n1\n```\n\nOne.');
});

test('an export is ADK’s session without the page’s own keys and the secret of its link', async () => {
  const session: Session = {
    id: 's',
    appName: 'lornu',
    userId: 'ann',
    state: { step: 1, lornu_page: { isPinned: true }, lornu_share: 'secret' },
    events: EVENTS,
  };
  expect(JSON.parse(await toExport(session))).toEqual({ ...session, state: { step: 1 } });
});
