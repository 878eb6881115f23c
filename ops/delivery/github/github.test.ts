import { afterAll, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { parse } from 'yaml';
import { startGithub, type CheckRun, type Github } from '@lornu/standins/github/server.ts';
import type { CliError } from '../../base/cli-error.ts';
import { openGithub } from './client.ts';
import { writeComment } from './comment.ts';
import { keepDriftIssue } from './drift-issue.ts';
import { requireTested, TEST_CHECK } from './tested.ts';

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
  test('is updated in place, even behind a hundred others', async () => {
    const user = { login: 'person', type: 'User' };
    for (let id = 1; id <= 130; id += 1) github.comments.push({ id, issue: 7, body: `remark ${id}`, user });
    const own = client({ 'pull-requests': 'write' });
    const first = await writeComment(own, 7, 'first');
    expect(await writeComment(own, 7, 'second')).toBe(first);
    const ours = github.comments.filter(({ user: { type } }) => type === 'Bot');
    expect(ours).toHaveLength(1);
    expect(ours[0]?.body).toEndWith('second');
  });

  test("by a person who quotes it is left alone, and so is another pull request's", async () => {
    const own = client({ 'pull-requests': 'write' });
    await writeComment(own, 7, 'ours');
    const quoted = github.comments[0]?.body ?? '';
    github.comments.unshift({ id: 99, issue: 8, body: quoted, user: { login: 'person', type: 'User' } });
    await writeComment(own, 8, 'new');
    expect(github.comments.find(({ id }) => id === 99)?.body).toBe(quoted);
    expect(github.comments.map(({ issue }) => issue)).toEqual([8, 7, 8]);
  });

  test('is shortened, with a note, if it is longer than GitHub allows', async () => {
    await writeComment(client({ 'pull-requests': 'write' }), 7, 'x'.repeat(70_000));
    expect(github.comments[0]?.body.length).toBeLessThanOrEqual(65_536);
    expect(github.comments[0]?.body).toEndWith("the whole text is in the run's summary.");
  });

  test('is refused with a sentence without write permission', async () => {
    expect(writeComment(client({ contents: 'read' }), 7, 'x')).rejects.toThrow('It was not done.');
    expect(github.comments).toEqual([]);
  });
});

describe('the drift issue', () => {
  test('is opened once, updated, and closed when the drift is gone', async () => {
    const own = client({ issues: 'write' });
    const made = await keepDriftIssue(own, ['update aws_lb.a']);
    expect(await keepDriftIssue(own, ['update aws_lb.b'])).toBe(made);
    expect(github.issues).toHaveLength(1);
    expect(github.issues[0]?.body).toContain('- update aws_lb.b');
    await keepDriftIssue(own, []);
    expect(github.issues[0]?.state).toBe('closed');
    expect(github.comments[0]?.body).toBe('Nothing differs any more.');
  });

  test('is not created without drift', async () => {
    expect(await keepDriftIssue(client({ issues: 'write' }), [])).toBeUndefined();
    expect(github.changes).toEqual([]);
  });
});

test('without a token or a repository the error names what is missing', () => {
  expect(() => openGithub({ GITHUB_TOKEN: 'x' }, 'No.')).toThrow('No.');
  expect(() => openGithub({ GITHUB_REPOSITORY: 'a/b' }, 'No.')).toThrow('No.');
});

describe("a commit's tests", () => {
  const commit = 'a'.repeat(40);
  const green = {
    name: TEST_CHECK,
    status: 'completed',
    conclusion: 'success',
    app: { slug: 'github-actions' },
  } as const;
  const ask = async (checks: CheckRun[], rights: Record<string, string> = { checks: 'read' }) => {
    github.checks.set(commit, checks);
    const env = {
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: github.repository,
      GITHUB_TOKEN: github.issueToken(rights),
    };
    return requireTested(commit, 'Nothing was published.', env).then(
      () => 'published',
      (error: CliError) => error.parts.why,
    );
  };

  test('allow publishing when they passed', async () => {
    expect(await ask([green])).toBe('published');
    expect(await ask([{ ...green, name: 'Lint', conclusion: 'failure' }, green])).toBe('published');
  });

  test.each([
    ['have not run', [], 'The tests have not run'],
    ['are running', [{ ...green, status: 'in_progress', conclusion: null }], 'have not ended yet'],
    ['are red', [{ ...green, conclusion: 'failure' }], 'ended with failure'],
    ['were cancelled', [{ ...green, conclusion: 'cancelled' }], 'ended with cancelled'],
    ['were skipped', [{ ...green, conclusion: 'skipped' }], 'ended with skipped'],
    ['are green by the word of another app', [{ ...green, app: { slug: 'foreign' } }], 'have not run'],
    ['are green once and red once', [green, { ...green, conclusion: 'failure' }], 'ended with failure'],
  ] satisfies [string, CheckRun[], string][])('hold it back where they %s', async (_, checks, why) => {
    expect(await ask(checks)).toContain(why);
  });

  test('prevent publishing when the job may not read them', async () => {
    expect(await ask([green], { contents: 'read' })).toContain('403');
  });

  test('are run by a workflow whose job has that name, on main and on every pull request', async () => {
    const path = join(import.meta.dir, '../../../.github/workflows/test.yml');
    const workflow = parse(await Bun.file(path).text());
    expect(workflow.on).toEqual({ pull_request: { branches: ['main'] }, push: { branches: ['main'] } });
    expect(workflow.jobs.test.name).toBe(TEST_CHECK);
    expect(workflow.jobs.test.steps.at(-1).run).toEndWith('bash .ci/run');
  });
});
