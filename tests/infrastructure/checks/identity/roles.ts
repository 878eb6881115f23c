import type { Checks } from '../check.ts';
import { accountOf, regionOf, sameSet, textOfEach } from '../facts.ts';
import { mustGrant, type Grant } from '../policy.ts';
import { taskSecrets } from '../compute/environment.ts';
import type { StackView } from '../../plan/view.ts';

/** Names used in the trust of Google's pool and in the permissions of the apply role. */
const ROLES: Readonly<Record<string, string>> = {
  task: 'LornuEcsTaskRole',
  execution: 'LornuEcsExecutionRole',
  flow_log: 'LornuFlowLogRole',
};

export const roles: Checks = {
  // Google trusts LornuEcsTaskRole by name and takes 127 characters of a session; the apply role makes these three
  // only.
  'identity/role-names': ({ staging }, must) => {
    const all = staging.ofType('aws_iam_role');
    must(sameSet(textOfEach(all, 'name'), Object.values(ROLES)), 'A role is missing, or has another name.');
    for (const [name, wanted] of Object.entries(ROLES)) {
      const role = staging.one(`aws_iam_role.${name}`);
      must(role.text('name') === wanted, `${role.address} is not ${wanted}.`);
      must(role.text('name').length <= 55, `${role.address} breaks the login at Google.`);
      must(role.text('path') === '/', `${role.address} lies under a path that no policy names.`);
    }
  },
  // Whatever a policy says later: no role of staging exceeds the boundary, and the apply role makes none without.
  'identity/bounded': ({ staging }, must) => {
    const boundary = `arn:aws:iam::${accountOf(staging)}:policy/LornuStagingBoundary`;
    for (const role of staging.ofType('aws_iam_role')) {
      must(role.text('permissions_boundary') === boundary, `${role.address} has no limit, or another one.`);
    }
  },
  // A managed policy of AWS grants what nobody here has read.
  'identity/only-these-policies': ({ staging }, must) => {
    const attached = staging.ofType(
      'aws_iam_role_policy_attachment',
      'aws_iam_policy_attachment',
      'aws_iam_role_policies_exclusive',
    );
    must(attached.length === 0, 'A role has a policy that is not written here.');
    must(
      staging.ofType('aws_iam_user', 'aws_iam_access_key', 'aws_iam_group').length === 0,
      'A long-lived key is made.',
    );
    const policies: [string, string, string][] = [
      ['task', 'agent', 'task'],
      ['execution', 'start', 'execution'],
      ['flow_log', 'write', 'flow_log'],
    ];
    for (const [name, title, role] of policies) {
      const policy = staging.one(`aws_iam_role_policy.${name}`);
      must(
        policy.text('role') === staging.one(`aws_iam_role.${role}`).text('name'),
        `${policy.address} is another role's.`,
      );
      must(policy.text('name') === title, `${policy.address} has lost its name.`);
    }
    must(staging.ofType('aws_iam_role_policy').length === policies.length, 'A role has a policy more.');
  },
  // Another account's service could be told to use the role: the confused deputy.
  'identity/trust': ({ staging }, must) => {
    const account = accountOf(staging);
    const ofAccount = `StringEquals aws:SourceAccount ${account}`;
    for (const name of ['task', 'execution']) {
      mustGrant(must, `Trust of ${name}`, staging.one(`aws_iam_role.${name}`).json('assume_role_policy'), [
        {
          actions: ['sts:AssumeRole'],
          to: ['Service ecs-tasks.amazonaws.com'],
          when: [ofAccount, `ArnLike aws:SourceArn arn:aws:ecs:${regionOf(staging)}:${account}:*`],
        },
      ]);
    }
    mustGrant(must, 'Trust of flow_log', staging.one('aws_iam_role.flow_log').json('assume_role_policy'), [
      { actions: ['sts:AssumeRole'], to: ['Service vpc-flow-logs.amazonaws.com'], when: [ofAccount] },
    ]);
  },
  // The agent's code runs what a model asks for: it writes its log, protects its tasks, reads its secrets, and no more.
  'identity/task-role': ({ staging, bootstrap }, must) => {
    const cluster = staging.one('aws_ecs_cluster.staging');
    mustGrant(must, 'The role of the code', staging.one('aws_iam_role_policy.task').json('policy'), [
      writeOwnLogs(staging),
      {
        actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
        on: [`arn:aws:ecs:${regionOf(staging)}:${accountOf(staging)}:task/${cluster.text('name')}/*`],
      },
      ...readOwnSecrets(staging, bootstrap),
    ]);
  },
  // ECS starts a task with it: image, secrets, log. Only the registry login knows no resource.
  'identity/execution-role': ({ staging, bootstrap }, must) => {
    const repository = `arn:aws:ecr:${regionOf(staging)}:${accountOf(staging)}:repository/lornu-agent`;
    mustGrant(
      must,
      'The role that starts tasks',
      staging.one('aws_iam_role_policy.execution').json('policy'),
      [
        { actions: ['ecr:GetAuthorizationToken'], on: ['*'] },
        {
          actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
          on: [repository],
        },
        writeOwnLogs(staging),
        ...readOwnSecrets(staging, bootstrap),
      ],
    );
  },
  // The VPC service writes one log group.
  'identity/flow-log-role': ({ staging }, must) => {
    const group = staging.arn('aws_cloudwatch_log_group.flow');
    mustGrant(must, 'The role of flow logs', staging.one('aws_iam_role_policy.flow_log').json('policy'), [
      {
        actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        on: [group, `${group}:log-stream:*`],
      },
    ]);
  },
};

function writeOwnLogs(staging: StackView): Grant {
  const group = staging.one('aws_cloudwatch_log_group.agent');
  return {
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    on: [`${group.text('arn')}:log-stream:*`],
  };
}

function readOwnSecrets(staging: StackView, bootstrap: StackView): Grant[] {
  return [
    {
      actions: ['secretsmanager:GetSecretValue'],
      on: taskSecrets(staging).map((name) => bootstrap.arn(`aws_secretsmanager_secret.staging["${name}"]`)),
    },
    {
      actions: ['kms:Decrypt'],
      on: [bootstrap.arn('aws_kms_key.secrets')],
      when: [`StringEquals kms:ViaService secretsmanager.${regionOf(staging)}.amazonaws.com`],
    },
  ];
}
