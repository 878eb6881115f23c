import type { Context, Hono } from 'hono';

/** Permissions of a job's token, as in `permissions:`. */
export type Rights = Readonly<Record<string, string>>;

export interface GithubEnvironment {
  reviewers: string[];
  /** Minutes before one of its jobs may start. */
  waitMinutes?: number;
  /** Which branches may deploy; absent means all. */
  branchPolicy?: { protected_branches: boolean; custom_branch_policies: boolean };
  /** Names of branches, for the custom policy. */
  branches?: string[];
}

type App = Hono<{ Variables: { rights: Rights; workflowRef: string } }>;

/** GitHub's limit for the value of a variable, in bytes. */
const MOST_BYTES = 48 * 1024;
const MOST_REVIEWERS = 6;

/** An administrator's settings of a repository; a test may inspect and change them. */
export interface RepositorySettings {
  variables: Map<string, string>;
  /** Names only: GitHub returns no values. */
  secrets: Set<string>;
  environmentSecrets: Map<string, Set<string>>;
  /** Ids by login. */
  people: Map<string, number>;
  /** The organization's plan, as its owners see it. */
  plan: string;
  /** False if somebody customised the claims of the subject. */
  hasDefaultSubject: boolean;
}

/**
 * A repository's settings, for an administrator's token only. https://docs.github.com/rest/actions/variables, /secrets,
 * https://docs.github.com/rest/deployments/environments
 */
export function addSettings(
  app: App,
  base: string,
  environments: Map<string, GithubEnvironment>,
  isPrivate: () => boolean,
): RepositorySettings {
  const settings: RepositorySettings = {
    variables: new Map(),
    secrets: new Set(),
    environmentSecrets: new Map(),
    people: new Map([
      ['ada', 1001],
      ['ben', 1002],
    ]),
    plan: 'team',
    hasDefaultSubject: true,
  };
  const notFound = { message: 'Not Found' };
  const invalid = (context: Context, message: string) => context.json({ message }, 422);
  const isAdmin = (context: Context<{ Variables: { rights: Rights; workflowRef: string } }>): boolean =>
    context.get('rights')['administration'] === 'write';

  app.use(`${base}/actions/variables/*`, async (context, next) =>
    isAdmin(context) ? next() : context.json({ message: 'Resource not accessible by integration' }, 403),
  );
  app.get(`${base}/actions/variables/:name`, (context) => {
    const value = settings.variables.get(context.req.param('name'));
    return value === undefined
      ? context.json(notFound, 404)
      : context.json({ name: context.req.param('name'), value });
  });
  app.post(`${base}/actions/variables`, async (context) => {
    const { name, value } = await context.req.json<{ name: string; value: string }>();
    if (!isAdmin(context)) return context.json({ message: 'Resource not accessible by integration' }, 403);
    if (settings.variables.has(name)) return context.json({ message: 'Already exists' }, 409);
    if (!/^(?!GITHUB_)[A-Z_]\w*$/.test(name) || Buffer.byteLength(value) > MOST_BYTES)
      return invalid(context, 'Validation Failed');
    settings.variables.set(name, value);
    return context.json({}, 201);
  });
  app.patch(`${base}/actions/variables/:name`, async (context) => {
    const { value } = await context.req.json<{ value: string }>();
    if (!settings.variables.has(context.req.param('name'))) return context.json(notFound, 404);
    if (Buffer.byteLength(value) > MOST_BYTES) return invalid(context, 'Validation Failed');
    settings.variables.set(context.req.param('name'), value);
    return context.body(null, 204);
  });
  const showSecret = (context: Context, names: ReadonlySet<string> | undefined, mayLook: boolean) => {
    if (!mayLook) return context.json({ message: 'Resource not accessible by integration' }, 403);
    const name = context.req.param('secret') ?? '';
    return names?.has(name) ? context.json({ name }) : context.json(notFound, 404);
  };
  app.get(`${base}/actions/secrets/:secret`, (context) =>
    showSecret(context, settings.secrets, isAdmin(context)),
  );
  app.get(`${base}/environments/:environment/secrets/:secret`, (context) =>
    showSecret(context, settings.environmentSecrets.get(context.req.param('environment')), isAdmin(context)),
  );
  // PUT replaces everything: settings left out of the request are removed.
  app.put(`${base}/environments/:name`, async (context) => {
    if (!isAdmin(context)) return context.json(notFound, 404);
    const body = await context.req.json<{
      reviewers?: { type: string; id: number }[] | null;
      wait_timer?: number;
      deployment_branch_policy?: GithubEnvironment['branchPolicy'] | null;
    }>();
    const reviewers = body.reviewers ?? [];
    if (reviewers.length > 0 && isPrivate() && settings.plan !== 'enterprise') {
      return invalid(
        context,
        'Failed to create the environment protection rule. Please ensure the billing plan supports the required reviewers protection rule.',
      );
    }
    const logins = reviewers.map(({ id }) => [...settings.people].find(([, known]) => known === id)?.[0]);
    if (reviewers.length > MOST_REVIEWERS || logins.includes(undefined))
      return invalid(context, 'Validation Failed');
    const { branches } = environments.get(context.req.param('name')) ?? {};
    environments.set(context.req.param('name'), {
      ...(branches && body.deployment_branch_policy?.custom_branch_policies ? { branches } : {}),
      reviewers: logins.filter((login) => login !== undefined),
      ...(body.wait_timer === undefined ? {} : { waitMinutes: body.wait_timer }),
      ...(body.deployment_branch_policy ? { branchPolicy: body.deployment_branch_policy } : {}),
    });
    return context.json({ name: context.req.param('name') });
  });
  const policies = `${base}/environments/:name/deployment-branch-policies`;
  app.get(policies, (context) => {
    const { branches = [] } = environments.get(context.req.param('name') ?? '') ?? {};
    return context.json({ branch_policies: branches.map((name) => ({ name })) });
  });
  app.post(policies, async (context) => {
    const found = environments.get(context.req.param('name') ?? '');
    if (!found || !isAdmin(context)) return context.json(notFound, 404);
    if (!found.branchPolicy?.custom_branch_policies) return context.json(notFound, 404);
    const { name } = await context.req.json<{ name: string }>();
    found.branches = [...new Set([...(found.branches ?? []), name])];
    return context.json({ name });
  });
  app.get('/users/:login', (context) => {
    const id = settings.people.get(context.req.param('login'));
    return id === undefined
      ? context.json(notFound, 404)
      : context.json({ login: context.req.param('login'), id });
  });
  // Only the organization's owners see its plan.
  app.get('/orgs/:name', (context) =>
    context.json({
      login: context.req.param('name'),
      ...(context.get('rights')['organization_plan'] === 'read' ? { plan: { name: settings.plan } } : {}),
    }),
  );
  return settings;
}
