import type { Reader } from '../../plan/reader.ts';
import type { Checks } from '../check.ts';
import { NAME, accountOf, regionOf } from '../facts.ts';
import { contains, effectOf, mustGrant, statementsOf } from '../policy.ts';

export const boundary: Checks = {
  // The most that any role of staging can ever do: its logs, its tasks, its secrets, its image.
  'bootstrap/boundary': ({ bootstrap }, must) => {
    const region = regionOf(bootstrap);
    const account = accountOf(bootstrap);
    const policy = bootstrap.one('aws_iam_policy.boundary');
    must(policy.text('name') === 'LornuStagingBoundary', 'Staging names another boundary.');
    mustGrant(must, 'The boundary', policy.json('policy'), [
      {
        actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        on: [`/ecs/${NAME}`, `/vpc/${NAME}`].map(
          (name) => `arn:aws:logs:${region}:${account}:log-group:${name}*`,
        ),
      },
      {
        actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
        on: [`arn:aws:ecs:${region}:${account}:task/${NAME}/*`],
      },
      {
        actions: ['secretsmanager:GetSecretValue'],
        on: [`arn:aws:secretsmanager:${region}:${account}:secret:lornu/staging/*`],
      },
      {
        actions: ['kms:Decrypt'],
        on: [bootstrap.arn('aws_kms_key.secrets')],
        when: [`StringEquals kms:ViaService secretsmanager.${region}.amazonaws.com`],
      },
      {
        actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        on: [bootstrap.arn('aws_ecr_repository.agent')],
      },
      { actions: ['ecr:GetAuthorizationToken'], on: ['*'] },
    ]);
  },
  // What a role is granted and its boundary is not is refused at run time, in another stack than the one that was
  // changed.
  'bootstrap/boundary-holds-what-staging-needs': ({ bootstrap, staging }, must) => {
    const limits = statementsOf(bootstrap.one('aws_iam_policy.boundary').json('policy')).filter(
      (statement) => effectOf(statement) === 'Allow',
    );
    const inLimits = (action: string, resource: string) =>
      limits.some(
        (limit) =>
          limit.texts('Action').some((one) => contains(one, action)) &&
          limit.texts('Resource').some((one) => contains(one, resource)),
      );
    for (const policy of staging.ofType('aws_iam_role_policy')) {
      for (const [action, resource] of granted(policy)) {
        must(
          inLimits(action, resource),
          `${policy.address} grants ${action} on ${resource}: the boundary refuses it.`,
        );
      }
    }
  },
};

function granted(policy: Reader): [string, string][] {
  return statementsOf(policy.json('policy')).flatMap((statement) =>
    statement
      .texts('Action')
      .flatMap((action) =>
        statement.texts('Resource').map((resource): [string, string] => [action, resource]),
      ),
  );
}
