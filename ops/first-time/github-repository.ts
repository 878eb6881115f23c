import { CliError } from '../base/cli-error.ts';
import { ENVIRONMENT } from '../delivery/github/approval.ts';
import { askGithub, refusedByGithub, tokenOf } from './github-api.ts';
import { missing, ok, type Requirement } from './requirement.ts';
import type { Scene } from './scene.ts';

const repository: Requirement = {
  id: 'github-repository',
  provider: 'github',
  title: 'the token may administer the repository',
  look: async (scene) => {
    if (!scene.given.repository) {
      return missing(
        'no repository: the checkout has no remote at GitHub',
        './lornu setup --repository OWNER/NAME',
      );
    }
    if (!tokenOf(scene)) {
      return missing(
        'no token: neither GH_TOKEN nor GITHUB_TOKEN is set',
        'gh auth login, then GH_TOKEN="$(gh auth token)" ./lornu setup',
      );
    }
    const answer = await askGithub(scene, 'GET', '');
    if (answer.status === 404) {
      return missing(
        `there is no repository ${scene.given.repository} for this token`,
        './lornu setup --repository OWNER/NAME, or the token of an administrator of it: gh auth login',
      );
    }
    if (answer.status !== 200) throw refusedByGithub(answer, 'read the repository');
    const { private: isPrivate, permissions } = answer.body as {
      private?: boolean;
      permissions?: { admin?: boolean };
    };
    return permissions?.admin === true
      ? ok(`${scene.given.repository}, ${isPrivate ? 'private' : 'public'}`)
      : missing(
          `the owner of this token does not administer ${scene.given.repository}`,
          'gh auth login as an administrator of it, then GH_TOKEN="$(gh auth token)" ./lornu setup',
        );
  },
};

/** The prefix of the OIDC subjects of this repository's jobs. Throws CliError if GitHub does not return it. */
export async function subjectPrefix(scene: Scene): Promise<string> {
  const answer = await askGithub(scene, 'GET', 'actions/oidc/customization/sub');
  const prefix = (answer.body as { sub_claim_prefix?: unknown } | undefined)?.sub_claim_prefix;
  if (answer.status !== 200) throw refusedByGithub(answer, "read how the repository's subjects begin");
  // Older responses have no prefix: then it is the name alone.
  return typeof prefix === 'string' && prefix !== '' ? prefix : `repo:${scene.given.repository}`;
}

const subject: Requirement = {
  id: 'github-subject',
  provider: 'github',
  title: "the subjects of the repository's jobs have GitHub's own form",
  after: [repository.id],
  look: async (scene) => {
    const { status, body } = await askGithub(scene, 'GET', 'actions/oidc/customization/sub');
    if (status === 200 && (body as { use_default?: boolean }).use_default === false) {
      return missing(
        'they are customised, and the trust policies of bootstrap compare whole subjects',
        `gh api --method PUT repos/${scene.given.repository}/actions/oidc/customization/sub -F use_default=true`,
      );
    }
    return ok(await subjectPrefix(scene));
  },
};

interface GithubEnvironment {
  protection_rules?: { type: string; wait_timer?: number; reviewers?: unknown[] }[];
  deployment_branch_policy?: { protected_branches: boolean; custom_branch_policies: boolean } | null;
}

const environment: Requirement = {
  id: 'github-environment',
  provider: 'github',
  title: `the environment ${ENVIRONMENT} has required reviewers`,
  after: [repository.id],
  look: async (scene) => {
    const answer = await askGithub(scene, 'GET', `environments/${ENVIRONMENT}`);
    if (answer.status !== 404 && answer.status !== 200) throw refusedByGithub(answer, 'read the environment');
    const found = answer.status === 200 ? (answer.body as GithubEnvironment) : undefined;
    const reviewers = found?.protection_rules?.find(({ type }) => type === 'required_reviewers')?.reviewers;
    if (reviewers?.length) return ok(`${reviewers.length} may approve`);
    const seen = found ? 'it has none: nothing could be approved' : 'there is no such environment';
    if (await isPrivateWithoutReviewers(scene)) {
      return missing(
        `${seen}; the repository is private, and its plan has no required reviewers there`,
        `make the repository public (gh repo edit ${scene.given.repository} --visibility public), use GitHub Enterprise, or deploy by hand (docs/operations.md, "Deploy")`,
      );
    }
    const { reviewers: logins } = scene.given;
    if (logins.length === 0) {
      return missing(seen, `./lornu setup github --reviewer LOGIN --yes ${environment.id}`);
    }
    return missing(
      seen,
      `./lornu setup github ${logins.map((login) => `--reviewer ${login}`).join(' ')} --yes ${environment.id}`,
      {
        does: `${found ? `give the environment ${ENVIRONMENT}` : `make the environment ${ENVIRONMENT} with`} the required reviewers ${logins.join(', ')}`,
        make: async () => putEnvironment(scene, found),
      },
    );
  },
};

/**
 * Whether this is a private repository whose plan has no required reviewers, which need GitHub Enterprise. A plan that
 * is not shown counts as unknown.
 */
async function isPrivateWithoutReviewers(scene: Scene): Promise<boolean> {
  const { body } = await askGithub(scene, 'GET', '');
  const { private: isPrivate, owner } = body as {
    private?: boolean;
    owner?: { login?: string; type?: string };
  };
  if (!isPrivate) return false;
  if (owner?.type !== 'Organization') return true;
  const answer = await askGithub(scene, 'GET', `/orgs/${owner.login}`);
  const plan = (answer.body as { plan?: { name?: string } } | undefined)?.plan?.name;
  return plan !== undefined && plan !== 'enterprise';
}

/** Sets reviewers by id, in one call; other settings are sent back unchanged, because PUT replaces everything. */
async function putEnvironment(scene: Scene, found: GithubEnvironment | undefined): Promise<void> {
  const reviewers: { type: 'User'; id: number }[] = [];
  for (const login of scene.given.reviewers) {
    const answer = await askGithub(scene, 'GET', `/users/${encodeURIComponent(login)}`);
    const id = (answer.body as { id?: unknown } | undefined)?.id;
    if (answer.status !== 200 || typeof id !== 'number') {
      throw new CliError({
        what: 'The environment was not changed.',
        why: `GitHub has no user ${login}`,
        next: `./lornu setup github --reviewer LOGIN --yes ${environment.id}`,
      });
    }
    reviewers.push({ type: 'User', id });
  }
  const timer = found?.protection_rules?.find(({ type }) => type === 'wait_timer')?.wait_timer;
  const answer = await askGithub(scene, 'PUT', `environments/${ENVIRONMENT}`, {
    reviewers,
    deployment_branch_policy: found?.deployment_branch_policy ?? null,
    ...(timer === undefined ? {} : { wait_timer: timer }),
  });
  if (answer.status === 422) {
    throw new CliError({
      what: 'The environment was not changed.',
      why: `GitHub refuses required reviewers here (${String((answer.body as { message?: unknown }).message).slice(0, 200)})`,
      next: 'in a private repository they need GitHub Enterprise: make it public, use Enterprise, or deploy by hand (docs/operations.md, "Deploy")',
    });
  }
  if (answer.status !== 200) throw refusedByGithub(answer, `write the environment ${ENVIRONMENT}`);
}

const branches: Requirement = {
  id: 'github-branches',
  provider: 'github',
  title: `only jobs on main may use the environment ${ENVIRONMENT}`,
  after: [environment.id],
  look: async (scene) => {
    const path = `environments/${ENVIRONMENT}`;
    const answer = await askGithub(scene, 'GET', path);
    if (answer.status !== 200) throw refusedByGithub(answer, 'read the environment');
    const found = answer.body as GithubEnvironment;
    const policy = found.deployment_branch_policy;
    if (policy?.protected_branches) return ok('those on protected branches');
    const listed = policy ? await askGithub(scene, 'GET', `${path}/deployment-branch-policies`) : undefined;
    if (listed && listed.status !== 200) throw refusedByGithub(listed, "read the environment's branches");
    const names = (
      (listed?.body as { branch_policies?: { name: string }[] } | undefined)?.branch_policies ?? []
    ).map(({ name }) => name);
    if (policy && names.length === 1 && names[0] === 'main') return ok('it is so');
    const next = `./lornu setup github --yes ${branches.id}`;
    if (names.length > 0) {
      return missing(
        `${names.join(', ')} may`,
        `at GitHub: Settings, Environments, ${ENVIRONMENT}, Deployment branches: leave main alone there`,
      );
    }
    return missing(policy ? 'no branch may' : 'every branch may', next, {
      does: `let only main use the environment ${ENVIRONMENT}`,
      make: async () => allowMain(scene, found),
    });
  },
};

/** First allows no branch, then main: if the second call is refused, no wrong branch is allowed. */
async function allowMain(scene: Scene, found: GithubEnvironment): Promise<void> {
  const path = `environments/${ENVIRONMENT}`;
  if (!found.deployment_branch_policy) {
    const rules = found.protection_rules ?? [];
    const reviewers = (rules.find(({ type }) => type === 'required_reviewers')?.reviewers ?? []) as {
      type: string;
      reviewer: { id: number };
    }[];
    const timer = rules.find(({ type }) => type === 'wait_timer')?.wait_timer;
    const answer = await askGithub(scene, 'PUT', path, {
      reviewers: reviewers.map(({ type, reviewer }) => ({ type, id: reviewer.id })),
      deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
      ...(timer === undefined ? {} : { wait_timer: timer }),
    });
    if (answer.status !== 200) throw refusedByGithub(answer, `write the environment ${ENVIRONMENT}`);
  }
  const answer = await askGithub(scene, 'POST', `${path}/deployment-branch-policies`, {
    name: 'main',
    type: 'branch',
  });
  if (answer.status !== 200) throw refusedByGithub(answer, 'let main use the environment');
}

/** The repository and its environment: who may administer it, and who approves deployments. */
export const REPOSITORY: readonly Requirement[] = [repository, subject, environment, branches];
