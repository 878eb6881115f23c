import { matches } from '@lornu/rehearsal/iam/actions.ts';
import type { Reader } from '../../plan/reader.ts';
import type { View } from '../../plan/view.ts';
import type { Checks, Must } from '../check.ts';
import { accountOf, list, regionOf } from '../facts.ts';
import {
  contains,
  effectOf,
  mustGrant,
  sayGrant,
  sayStatement,
  statementsOf,
  type Grant,
} from '../policy.ts';
import { isKnown, neededToApply, neededToPlan } from './needed-actions.ts';

/** The only patterns: reading settings of all kinds, and settings of buckets and objects. */
const PATTERNS = [
  'ec2:Describe*',
  'elasticloadbalancing:Describe*',
  's3:DeleteBucket*',
  's3:DeleteObject*',
  's3:GetBucket*',
  's3:PutBucket*',
];
const STAGING_BUCKETS = 'arn:aws:s3:::lornu-staging-*';

export const pipelineRoles: Checks = {
  // One action short and the plan fails in the pipeline only; one more and a pull request reads data.
  'bootstrap/plan-reads-all-it-needs-and-no-more': (view, must) => {
    const allowed = allowedActions([view.bootstrap.one('aws_iam_role_policy.plan').json('policy')]);
    mustBeWhatIsNeeded(must, 'The plan role', allowed, neededToPlan(view.calledToApply));
    for (const action of allowed) {
      must(/:(Describe|Get|List|View)/.test(action), `A pull request may ${action}.`);
    }
  },
  // What a pull request can read, everyone who can open one can.
  'bootstrap/plan-reads-settings-only': ({ bootstrap }, must) => {
    const role = bootstrap.one('aws_iam_role_policy.plan').json('policy');
    mustGrant(must, 'The plan role', role, readGrants(bootstrap, role));
    const part = bootstrap.one('aws_iam_policy.apply["read"]').json('policy');
    mustGrant(must, 'Reading of the apply role', part, readGrants(bootstrap, part));
  },
  // One action short and an apply stops in the middle; one more is one that nobody has thought about.
  'bootstrap/apply-makes-all-it-needs-and-no-more': (view, must) => {
    const parts = ['services', 'identity'].map((part) =>
      view.bootstrap.one(`aws_iam_policy.apply["${part}"]`).json('policy'),
    );
    mustBeWhatIsNeeded(must, 'The apply role', allowedActions(parts), neededToApply(view.calledToApply));
    const reads = allowedActions([view.bootstrap.one('aws_iam_policy.apply["read"]').json('policy')]);
    mustBeWhatIsNeeded(must, 'Reading of the apply role', reads, neededToPlan(view.calledToApply));
  },
  // IAM takes a misspelt action without a word, and the right one stays refused.
  'bootstrap/actions-exist': ({ staging, bootstrap }, must) => {
    for (const stack of [staging, bootstrap]) {
      const policies = stack.ofType('aws_iam_policy', 'aws_iam_role_policy', 'aws_kms_key');
      for (const one of policies) {
        const actions = statementsOf(one.json('policy')).flatMap((statement) => statement.texts('Action'));
        const unknown = actions.filter((action) => action !== '*' && !isKnown(action));
        must(unknown.length === 0, `${one.address} names what AWS does not know: ${list(unknown)}.`);
      }
    }
  },
  // Creating actions name no resource yet: the region, the names of staging and the account are the limits.
  'bootstrap/apply-within-staging': ({ bootstrap }, must) => {
    for (const statement of statementsOf(bootstrap.one('aws_iam_policy.apply["services"]').json('policy'))) {
      for (const action of statement.texts('Action')) {
        const grant = {
          effect: effectOf(statement) as 'Allow',
          actions: [action],
          ...scopeOf(bootstrap, action),
        };
        const said = sayStatement(statement, [action]);
        must(said === sayGrant(grant), `Reaches further, or less far, than it should: ${said}`);
      }
    }
    must(
      bootstrap.one('aws_iam_policy.apply["services"]').json('policy').text('Version') === '2012-10-17',
      'An older policy language.',
    );
  },
  // It makes three roles, with the boundary, for two services, and passes on the one of autoscaling; its own rights and
  // the boundary are out of its reach.
  'bootstrap/apply-cannot-widen-itself': ({ bootstrap }, must) => {
    const account = accountOf(bootstrap);
    const roles = ['LornuEcsTaskRole', 'LornuEcsExecutionRole', 'LornuFlowLogRole'].map(
      (name) => `arn:aws:iam::${account}:role/${name}`,
    );
    mustGrant(must, 'Apply on identities', bootstrap.one('aws_iam_policy.apply["identity"]').json('policy'), [
      {
        actions: ['iam:CreateRole', 'iam:PutRolePermissionsBoundary', 'iam:PutRolePolicy'],
        on: roles,
        when: [`StringEquals iam:PermissionsBoundary ${bootstrap.arn('aws_iam_policy.boundary')}`],
      },
      {
        actions: [
          'iam:DeleteRole',
          'iam:DeleteRolePolicy',
          'iam:TagRole',
          'iam:UntagRole',
          'iam:UpdateAssumeRolePolicy',
          'iam:UpdateRole',
          'iam:UpdateRoleDescription',
        ],
        on: roles,
      },
      {
        actions: ['iam:PassRole'],
        on: roles,
        when: ['StringEquals iam:PassedToService ecs-tasks.amazonaws.com,vpc-flow-logs.amazonaws.com'],
      },
      {
        actions: ['iam:PassRole'],
        on: [
          `arn:aws:iam::${account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`,
        ],
        when: ['StringEquals iam:PassedToService application-autoscaling.amazonaws.com'],
      },
      {
        actions: ['iam:CreateServiceLinkedRole'],
        on: [`arn:aws:iam::${account}:role/aws-service-role/*`],
        when: [
          'StringEquals iam:AWSServiceName ecs.amazonaws.com,ecs.application-autoscaling.amazonaws.com,elasticloadbalancing.amazonaws.com,wafv2.amazonaws.com',
        ],
      },
      {
        effect: 'Deny',
        actions: [
          'iam:CreatePolicyVersion',
          'iam:DeletePolicy*',
          'iam:DeleteRolePermissionsBoundary',
          'iam:SetDefaultPolicyVersion',
        ],
        on: ['*'],
      },
      {
        effect: 'Deny',
        actions: ['kms:CreateGrant', 'kms:DisableKey', 'kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion'],
        on: [bootstrap.arn('aws_kms_key.secrets')],
      },
    ]);
  },
};

type Bootstrap = View['bootstrap'];

/** Statements for reading: settings everywhere, staging's buckets, public certificates; never a secret value. */
function readGrants(bootstrap: Bootstrap, policy: Reader): Grant[] {
  const actionsOf = (wanted: (action: string) => boolean) =>
    statementsOf(policy)
      .filter((statement) => effectOf(statement) === 'Allow')
      .flatMap((statement) => statement.texts('Action'))
      .filter(wanted);
  const ofObjects = (action: string) => action.startsWith('s3:GetObject');
  return [
    // The other statement says which ones.
    { actions: actionsOf((action) => !action.startsWith('s3:')), on: ['*'] },
    { actions: actionsOf((action) => action.startsWith('s3:') && !ofObjects(action)), on: [STAGING_BUCKETS] },
    {
      actions: actionsOf(ofObjects),
      on: [`arn:aws:s3:::lornu-staging-peer-authorities-${accountOf(bootstrap)}/*`],
    },
    {
      effect: 'Deny',
      actions: ['kms:Decrypt', 'secretsmanager:BatchGetSecretValue', 'secretsmanager:GetSecretValue'],
      on: ['*'],
    },
  ];
}

/** The resources that an action of the apply role may reach. */
function scopeOf(bootstrap: Bootstrap, action: string): Pick<Grant, 'on' | 'when'> {
  const account = accountOf(bootstrap);
  const region = regionOf(bootstrap);
  const zone = bootstrap.input('domain_zone_id').has('value')
    ? bootstrap.input('domain_zone_id').text('value')
    : 'none';
  if (action.startsWith('s3:')) return { on: [STAGING_BUCKETS] };
  // A login belongs to no repository; signatures are read from the only one.
  if (action === 'ecr:GetAuthorizationToken') return { on: ['*'] };
  if (action.startsWith('ecr:')) return { on: [bootstrap.arn('aws_ecr_repository.agent')] };
  if (action === 'route53:ChangeResourceRecordSets') return { on: [`arn:aws:route53:::hostedzone/${zone}`] };
  // Health checks are global and have no name before they are created.
  if (action.startsWith('route53:')) return { on: ['*'] };
  if (action.startsWith('budgets:'))
    return { on: [`arn:aws:budgets::${account}:budget/lornu-staging-spend`] };
  return { on: ['*'], when: [`StringEquals aws:RequestedRegion ${region}`] };
}

function allowedActions(policies: readonly Reader[]): string[] {
  return policies
    .flatMap((policy) => statementsOf(policy))
    .filter((statement) => effectOf(statement) === 'Allow')
    .flatMap((statement) => statement.texts('Action'));
}

function mustBeWhatIsNeeded(
  must: Must,
  who: string,
  allowed: readonly string[],
  needed: ReadonlySet<string>,
): void {
  const lacking = [...needed].filter((action) => !allowed.some((pattern) => matches(pattern, action)));
  must(lacking.length === 0, `${who} lacks ${list(lacking)}.`);
  const idle = allowed.filter((pattern) => ![...needed].some((action) => contains(pattern, action)));
  must(
    idle.length === 0,
    `${who} may do what nothing is known to need: ${list(idle)}. Take it away, or add what needs it: a tagging action to rehearsal/iam/actions.ts, others to needed-actions.ts.`,
  );
  const wide = allowed.filter((pattern) => pattern.includes('*') && !PATTERNS.includes(pattern));
  must(wide.length === 0, `${who} may more than anyone has read: ${list(wide)}.`);
  // Two statements pass roles: staging's own, and that of autoscaling.
  const twice = allowed.filter(
    (pattern, index) => allowed.indexOf(pattern) !== index && pattern !== 'iam:PassRole',
  );
  must(twice.length === 0, `${who} is granted twice: ${list(twice)}.`);
}
