import { Hono } from 'hono';
import { createIdTokens, IDS, type IdTokens } from './id-token.ts';
import { addSettings, type GithubEnvironment, type RepositorySettings, type Rights } from './settings.ts';

export type { Rights } from './settings.ts';

interface Comment {
  id: number;
  issue: number;
  body: string;
  user: { login: string; type: string };
}
interface Issue {
  number: number;
  title: string;
  body: string;
  state: string;
  labels: string[];
}
/** A check of a commit, as GitHub Actions creates one for each job. */
export interface CheckRun {
  name: string;
  status: 'queued' | 'in_progress' | 'completed';
  conclusion: string | null;
  app: { slug: string };
}

const ID_TOKEN_PATH = '/id-token';

/**
 * Prefix of the subject in a token for AWS; contains ids in repositories that were created, renamed or transferred
 * since 15 July 2026. https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
 */
function subjectPrefixOf(repository: string): string {
  const [owner = '', name = ''] = repository.split('/');
  return `repo:${owner}@${IDS.owner}/${name}@${IDS.repository}`;
}

/** The stand-in: a server on loopback, and what a test may inspect and change. */
export interface Github {
  apiUrl: string;
  repository: string;
  /** Prefix of the subject in every job's token; the roles' trust policies must contain it. */
  subjectPrefix: string;
  /** Whether the repository is private, on a plan other than GitHub Enterprise Cloud; a test may change it. */
  isPrivate: boolean;
  /** A token with these permissions, like that of a workflow's job on this ref. */
  issueToken: (rights: Rights, workflowRef?: string) => string;
  /** Signs the tokens of jobs, and has the keys with which they are verified. */
  idTokens: IdTokens;
  /** Address at which a job with the id-token permission gets its OIDC token. */
  idTokenUrl: string;
  environments: Map<string, GithubEnvironment>;
  /** Check runs by commit. */
  checks: Map<string, CheckRun[]>;
  /** Variables and secrets of the repository and its environments, and the users that GitHub knows. */
  settings: RepositorySettings;
  /** A person's approval of a run. */
  approve: (runId: string, environment: string, by: string) => void;
  comments: Comment[];
  issues: Issue[];
  /** Method and path of each call that changed something. */
  changes: string[];
  stop: () => Promise<void>;
}

/**
 * The part of GitHub's REST API that the pipeline calls; enforces the permissions of a job's token.
 * https://docs.github.com/rest
 */
export function startGithub(repository: string): Github {
  const tokens = new Map<string, { rights: Rights; workflowRef: string }>();
  const environments = new Map<string, GithubEnvironment>();
  const checks = new Map<string, CheckRun[]>();
  const approvals: {
    runId: string;
    state: string;
    user: { login: string };
    environments: { name: string }[];
  }[] = [];
  const comments: Comment[] = [];
  const issues: Issue[] = [];
  const changes: string[] = [];
  const idTokens = createIdTokens(repository);
  const app = new Hono<{ Variables: { rights: Rights; workflowRef: string } }>();
  const base = `/repos/${repository}`;

  app.use(async (context, next) => {
    const token = tokens.get(context.req.header('authorization')?.replace(/^bearer /i, '') ?? '');
    if (!token) return context.json({ message: 'Bad credentials' }, 401);
    context.set('rights', token.rights);
    context.set('workflowRef', token.workflowRef);
    if (context.req.method !== 'GET')
      changes.push(`${context.req.method} ${new URL(context.req.url).pathname}`);
    return next();
  });
  /** GitHub answers 403 to a token without the permission. */
  const needs = (right: string, level: 'read' | 'write') => (given: Rights) =>
    given[right] === 'write' || given[right] === level;
  const mayComment = needs('pull-requests', 'write');
  const mayIssue = needs('issues', 'write');
  const maySeeRuns = needs('actions', 'read');
  const maySeeChecks = needs('checks', 'read');
  const forbidden = { message: 'Resource not accessible by integration' };

  // https://docs.github.com/actions/reference/security/oidc
  app.get(ID_TOKEN_PATH, async (context) => {
    if (context.get('rights')['id-token'] !== 'write') return context.json(forbidden, 403);
    const job = { workflowRef: context.get('workflowRef') };
    return context.json({ value: await idTokens.issue(job, context.req.query('audience') ?? '') });
  });
  // https://docs.github.com/rest/repos/repos#get-a-repository
  app.get(base, (context) =>
    context.json({
      full_name: repository,
      private: github.isPrivate,
      owner: { login: repository.split('/')[0], type: 'Organization' },
      permissions: { admin: context.get('rights')['administration'] === 'write', pull: true },
    }),
  );
  // https://docs.github.com/rest/actions/oidc#get-the-customization-template-for-an-oidc-subject-claim-for-a-repository
  app.get(`${base}/actions/oidc/customization/sub`, (context) =>
    context.json({ use_default: settings.hasDefaultSubject, sub_claim_prefix: github.subjectPrefix }),
  );
  app.get(`${base}/environments/:name`, (context) => {
    if (!maySeeRuns(context.get('rights'))) return context.json(forbidden, 403);
    const environment = environments.get(context.req.param('name'));
    if (!environment) return context.json({ message: 'Not Found' }, 404);
    const reviewers = environment.reviewers.map((login) => ({
      type: 'User',
      reviewer: { login, id: settings.people.get(login) },
    }));
    const { waitMinutes, branchPolicy = null } = environment;
    return context.json({
      name: context.req.param('name'),
      protection_rules: [
        ...(waitMinutes === undefined ? [] : [{ type: 'wait_timer', wait_timer: waitMinutes }]),
        ...(reviewers.length > 0 ? [{ type: 'required_reviewers', reviewers }] : []),
      ],
      deployment_branch_policy: branchPolicy,
    });
  });
  // https://docs.github.com/rest/checks/runs#list-check-runs-for-a-git-reference
  app.get(`${base}/commits/:commit/check-runs`, (context) => {
    if (!maySeeChecks(context.get('rights'))) return context.json(forbidden, 403);
    const name = context.req.query('check_name');
    const found = (checks.get(context.req.param('commit')) ?? []).filter(
      (check) => name === undefined || check.name === name,
    );
    return context.json({ total_count: found.length, check_runs: found });
  });
  app.get(`${base}/actions/runs/:id/approvals`, (context) => {
    if (!maySeeRuns(context.get('rights'))) return context.json(forbidden, 403);
    return context.json(approvals.filter(({ runId }) => runId === context.req.param('id')));
  });
  app.get(`${base}/issues/:number/comments`, (context) => {
    const page = Number(context.req.query('page') ?? 1);
    const size = Number(context.req.query('per_page') ?? 30);
    const all = comments.filter(({ issue }) => issue === Number(context.req.param('number')));
    return context.json(all.slice((page - 1) * size, page * size).map(withAddress));
  });
  app.post(`${base}/issues/:number/comments`, async (context) => {
    const rights = context.get('rights');
    if (!mayComment(rights) && !mayIssue(rights)) return context.json(forbidden, 403);
    const { body } = await context.req.json<{ body: string }>();
    const user = { login: 'github-actions[bot]', type: 'Bot' };
    const comment = { id: comments.length + 1, issue: Number(context.req.param('number')), body, user };
    comments.push(comment);
    return context.json(withAddress(comment), 201);
  });
  app.patch(`${base}/issues/comments/:id`, async (context) => {
    if (!mayComment(context.get('rights'))) return context.json(forbidden, 403);
    const comment = comments.find(({ id }) => id === Number(context.req.param('id')));
    if (!comment) return context.json({ message: 'Not Found' }, 404);
    comment.body = (await context.req.json<{ body: string }>()).body;
    return context.json(withAddress(comment));
  });
  app.get(`${base}/issues`, (context) => {
    const label = context.req.query('labels') ?? '';
    const open = issues.filter(({ state, labels }) => state === 'open' && labels.includes(label));
    return context.json(
      open.map((issue) => ({ ...issue, html_url: `https://github.example/issues/${issue.number}` })),
    );
  });
  app.post(`${base}/issues`, async (context) => {
    if (!mayIssue(context.get('rights'))) return context.json(forbidden, 403);
    const { title, body, labels } = await context.req.json<{
      title: string;
      body: string;
      labels: string[];
    }>();
    const issue = { number: issues.length + 1, title, body, labels, state: 'open' };
    issues.push(issue);
    return context.json({ ...issue, html_url: `https://github.example/issues/${issue.number}` }, 201);
  });
  app.patch(`${base}/issues/:number`, async (context) => {
    if (!mayIssue(context.get('rights'))) return context.json(forbidden, 403);
    const issue = issues.find(({ number }) => number === Number(context.req.param('number')));
    if (!issue) return context.json({ message: 'Not Found' }, 404);
    Object.assign(issue, await context.req.json<object>());
    return context.json({ ...issue, html_url: `https://github.example/issues/${issue.number}` });
  });
  const settings = addSettings(app, base, environments, () => github.isPrivate);

  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: app.fetch });
  const github: Github = {
    apiUrl: `http://127.0.0.1:${server.port}`,
    repository,
    subjectPrefix: subjectPrefixOf(repository),
    isPrivate: false,
    issueToken: (rights, workflowRef = '') => {
      const token = `ghs_${crypto.randomUUID().replaceAll('-', '')}`;
      tokens.set(token, { rights, workflowRef });
      return token;
    },
    idTokens,
    idTokenUrl: `http://127.0.0.1:${server.port}${ID_TOKEN_PATH}?api-version=2.0`,
    environments,
    checks,
    settings,
    approve: (runId, environment, by) => {
      approvals.push({
        runId,
        state: 'approved',
        user: { login: by },
        environments: [{ name: environment }],
      });
    },
    comments,
    issues,
    changes,
    stop: async () => server.stop(true),
  };
  return github;
}

function withAddress(comment: Comment): object {
  return { ...comment, html_url: `https://github.example/issues/${comment.issue}#comment-${comment.id}` };
}
