import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { startGithub, type Github } from '@lornu/standins/github/server.ts';
import { openGithub } from './client.ts';
import { writeComment } from './comment.ts';
import { keepDriftIssue } from './drift-issue.ts';

let github: Github;
beforeEach(async () => {
  await github?.stop();
  github = startGithub('lornu-ai/lornu-aws-staging');
});
afterAll(() => github?.stop());

const client = (rights: Record<string, string>) =>
  openGithub(
    {
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: github.repository,
      GITHUB_TOKEN: github.issueToken(rights),
    },
    'It was not done.',
  );

describe('the comment', () => {
  test('is one, written anew in place, also behind a hundred others', async () => {
    const user = { login: 'person', type: 'User' };
    for (let id = 1; id <= 130; id += 1) github.comments.push({ id, issue: 7, body: `remark ${id}`, user });
    const own = client({ 'pull-requests': 'write' });
    const first = await writeComment(own, 7, 'first');
    expect(await writeComment(own, 7, 'second')).toBe(first);
    const ours = github.comments.filter(({ user: { type } }) => type === 'Bot');
    expect(ours).toHaveLength(1);
    expect(ours[0]?.body).toEndWith('second');
  });

  test("of a person who quotes it is not touched, nor another pull request's", async () => {
    const own = client({ 'pull-requests': 'write' });
    await writeComment(own, 7, 'ours');
    const quoted = github.comments[0]?.body ?? '';
    github.comments.unshift({ id: 99, issue: 8, body: quoted, user: { login: 'person', type: 'User' } });
    await writeComment(own, 8, 'new');
    expect(github.comments.find(({ id }) => id === 99)?.body).toBe(quoted);
    expect(github.comments.map(({ issue }) => issue)).toEqual([8, 7, 8]);
  });

  test('that is longer than GitHub takes is shortened, and says so', async () => {
    await writeComment(client({ 'pull-requests': 'write' }), 7, 'x'.repeat(70_000));
    expect(github.comments[0]?.body.length).toBeLessThanOrEqual(65_536);
    expect(github.comments[0]?.body).toEndWith("the whole text is in the run's summary.");
  });

  test('without the right to write it is refused with a sentence', async () => {
    expect(writeComment(client({ contents: 'read' }), 7, 'x')).rejects.toThrow('It was not done.');
    expect(github.comments).toEqual([]);
  });
});

describe('the issue about drift', () => {
  test('is made once, written anew, and closed when nothing differs', async () => {
    const own = client({ issues: 'write' });
    const made = await keepDriftIssue(own, ['update aws_lb.a']);
    expect(await keepDriftIssue(own, ['update aws_lb.b'])).toBe(made);
    expect(github.issues).toHaveLength(1);
    expect(github.issues[0]?.body).toContain('- update aws_lb.b');
    await keepDriftIssue(own, []);
    expect(github.issues[0]?.state).toBe('closed');
    expect(github.comments[0]?.body).toBe('Nothing differs any more.');
  });

  test('is not made when nothing differs', async () => {
    expect(await keepDriftIssue(client({ issues: 'write' }), [])).toBeUndefined();
    expect(github.changes).toEqual([]);
  });
});

test('without a token or a repository the sentence names what is missing', () => {
  expect(() => openGithub({ GITHUB_TOKEN: 'x' }, 'No.')).toThrow('No.');
  expect(() => openGithub({ GITHUB_REPOSITORY: 'a/b' }, 'No.')).toThrow('No.');
});
