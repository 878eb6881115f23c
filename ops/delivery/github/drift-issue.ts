import type { GithubClient } from './client.ts';

const LABEL = 'drift';
const TITLE = 'Staging differs from what was applied';

interface Issue {
  number: number;
  html_url: string;
  pull_request?: unknown;
}

/**
 * Keeps one open issue while there is drift: opens it, updates it, and closes it with a comment when the drift is gone.
 * Returns its address, or undefined if there is no issue.
 */
export async function keepDriftIssue(
  github: GithubClient,
  differences: readonly string[],
): Promise<string | undefined> {
  const issues = `/repos/${github.repository}/issues`;
  const open = (await github.call<Issue[]>('GET', `${issues}?state=open&labels=${LABEL}&per_page=100`)) ?? [];
  const mine = open
    .filter(({ pull_request: pullRequest }) => !pullRequest)
    .toSorted((a, b) => a.number - b.number)[0];
  if (differences.length === 0) {
    if (!mine) return undefined;
    await github.call('POST', `${issues}/${mine.number}/comments`, { body: 'Nothing differs any more.' });
    await github.call('PATCH', `${issues}/${mine.number}`, { state: 'closed', state_reason: 'completed' });
    return mine.html_url;
  }
  const body = [
    'The last check found that AWS and what was applied differ:',
    differences.map((difference) => `- ${difference}`).join('\n'),
    'Somebody changed it by hand, or AWS did. Take the change back, or bring it into terraform/aws/staging; the next deploy undoes it otherwise. This text is written anew by each check, and closed by the first one that finds nothing.',
  ].join('\n\n');
  const written = mine
    ? await github.call<Issue>('PATCH', `${issues}/${mine.number}`, { body })
    : await github.call<Issue>('POST', issues, { title: TITLE, body, labels: [LABEL] });
  return written?.html_url;
}
