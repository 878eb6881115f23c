/** Markdown with everything that a chat page must render. */
export const MARKDOWN_SAMPLE = `# Rolling out to staging

A rollout has **three** steps, and each can be *undone*:

1. Build the image and note its digest.
2. Register a task definition that names this digest.
   - never a moving tag
   - the previous revision stays registered
3. Update the service and wait for steady state.

\`\`\`typescript
export async function rollOut(digest: string): Promise<void> {
  const revision = await registerTaskDefinition({ image: \`agent@\${digest}\` });
  await updateService({ service: 'agent', taskDefinition: revision });
}
\`\`\`

| step | takes | undone by |
| --- | ---: | --- |
| build | 40 s | deleting the image |
| register | 1 s | deregistering |
| update | 90 s | updating to the revision before |

> A rollout that cannot be undone is not a rollout, it is a bet.

Inline code such as \`./lornu up\`, a [link](https://example.com/) and the characters <, > & " belong in here too.
`;

const SENTENCES = [
  'A deployment begins with an image that nobody can change afterwards.',
  'The load balancer asks the new task for its health before it sends a single person there.',
  'While both revisions run, each request is answered by exactly one of them.',
  'A stream that was begun on the old task is finished by the old task.',
  'When the last stream has ended, the task is told to stop.',
  'If the new revision stays unhealthy, the circuit breaker returns to the one before.',
  'Nothing of this needs a person to be awake.',
];

/** Prose of about `words` words; always the same text. */
export function prose(words: number): string {
  const out: string[] = [];
  for (let index = 0; out.length < words; index += 1) {
    out.push(...(SENTENCES[index % SENTENCES.length] ?? '').split(' '));
  }
  return `${out.slice(0, words).join(' ')}.`.replace(/\.\.$/, '.');
}

/** "1 2 3 … n": each number is a chunk, so that a gap or repetition is visible. */
export function count(upTo: number): string {
  return Array.from({ length: upTo }, (_, index) => String(index + 1)).join(' ');
}
