import type { Checks } from '../check.ts';
import { accountOf, sameSet } from '../facts.ts';
import { mustGrant } from '../policy.ts';

const ISSUER = 'token.actions.githubusercontent.com';

export const trust: Checks = {
  // A pull request reads, main pushes images, an approved job applies: each of one repository, compared exactly.
  'bootstrap/who-may-assume': ({ bootstrap }, must) => {
    const repository = bootstrap.input('github_repository').text('value');
    const environment = bootstrap.input('github_environment').text('value');
    const given = bootstrap.input('github_subject_prefix');
    const prefix = given.has('value') ? given.text('value') : `repo:${repository}`;
    const main = `${prefix}:ref:refs/heads/main`;
    const subjects: Record<string, string[]> = {
      plan: [`${prefix}:pull_request`, main],
      publish: [main],
      apply: [`${prefix}:environment:${environment}`],
    };
    const provider = `arn:aws:iam::${accountOf(bootstrap)}:oidc-provider/${ISSUER}`;
    for (const [name, subject] of Object.entries(subjects)) {
      mustGrant(must, `Trust of ${name}`, bootstrap.one(`aws_iam_role.${name}`).json('assume_role_policy'), [
        {
          actions: ['sts:AssumeRoleWithWebIdentity'],
          to: [`Federated ${provider}`],
          when: [
            `StringEquals ${ISSUER}:aud sts.amazonaws.com`,
            `StringEquals ${ISSUER}:sub ${subject.toSorted().join(',')}`,
          ],
        },
      ]);
    }
  },
  // A token for another audience or of another issuer is somebody else's.
  'bootstrap/github-provider': ({ bootstrap }, must) => {
    const providers = bootstrap.ofType('aws_iam_openid_connect_provider');
    must(providers.length === 1, `${providers.length} issuers are trusted.`);
    const provider = bootstrap.one('aws_iam_openid_connect_provider.github["github"]');
    must(
      provider.text('url').replace(/^https:\/\//, '') === ISSUER,
      'Another issuer than GitHub is trusted.',
    );
    must(
      sameSet(provider.texts('client_id_list'), ['sts.amazonaws.com']),
      'Tokens for another audience pass.',
    );
  },
  // The workflow names them; a session ends with its job; no user and no key is there to leak.
  'bootstrap/roles': ({ bootstrap }, must) => {
    const names: Record<string, string> = {
      plan: 'LornuGithubPlanRole',
      publish: 'LornuGithubPublishRole',
      apply: 'LornuGithubApplyRole',
    };
    for (const [name, wanted] of Object.entries(names)) {
      const role = bootstrap.one(`aws_iam_role.${name}`);
      must(role.text('name') === wanted, `${role.address} is not ${wanted}.`);
      // The apply job waits for a rollout and rolls back with the credentials from its beginning.
      const longest = name === 'apply' ? 7200 : 3600;
      must(
        role.number('max_session_duration') === longest,
        `${role.address} works for another time than ${longest} s.`,
      );
    }
    must(bootstrap.ofType('aws_iam_role').length === 3, 'A role more can be assumed.');
    must(
      bootstrap.ofType('aws_iam_user', 'aws_iam_access_key', 'aws_iam_group').length === 0,
      'A long-lived key is made.',
    );
  },
  // A policy on the wrong role gives a pull request the right to apply.
  'bootstrap/which-policies': ({ bootstrap }, must) => {
    const inline: [string, string, string][] = [
      ['plan', 'read', 'plan'],
      ['publish', 'push', 'publish'],
    ];
    for (const [name, title, role] of inline) {
      const policy = bootstrap.one(`aws_iam_role_policy.${name}`);
      must(policy.text('name') === title, `${policy.address} has lost its name.`);
      must(
        policy.text('role') === bootstrap.one(`aws_iam_role.${role}`).text('name'),
        `${policy.address} is another role's.`,
      );
    }
    must(
      bootstrap.ofType('aws_iam_role_policy').length === inline.length,
      'A role has an inline policy more.',
    );
    const parts = bootstrap.all('aws_iam_policy.apply');
    must(
      sameSet(
        parts.map(({ key }) => key ?? ''),
        ['identity', 'read', 'services'],
      ),
      'A part of what apply may do is missing.',
    );
    for (const part of parts) {
      must(part.text('name') === `LornuGithubApply-${part.key}`, `${part.address} has another name.`);
      must(part.text('policy').length <= 6144, `${part.address} is longer than AWS takes.`);
    }
    const apply = bootstrap.one('aws_iam_role.apply').text('name');
    const attachments = bootstrap.ofType('aws_iam_role_policy_attachment');
    must(
      sameSet(
        attachments.map((one) => `${one.text('role')} ${one.text('policy_arn')}`),
        parts.map((part) => `${apply} ${part.text('arn')}`),
      ),
      'A role has a policy that is not its own.',
    );
  },
};
