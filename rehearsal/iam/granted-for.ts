/**
 * Why roles have permissions that no call of a rehearsal needs. The first row that matches counts; a permission without a
 * row is reported.
 */
export const GRANTED_FOR: readonly { roles: RegExp; actions: readonly string[]; reason: string }[] = [
  {
    roles: /^LornuGithubPublishRole$/,
    actions: ['ecr:*'],
    reason: "the job that pushes images; the pipeline's rehearsal pushes to a registry of its own",
  },
  {
    roles: /^LornuEcsTaskRole$/,
    actions: ['logs:*'],
    reason: 'the agent writes its log itself where the log driver does not',
  },
  {
    roles: /^LornuGithub/,
    actions: [
      '*:Untag*',
      'acm:RemoveTagsFromCertificate',
      'ec2:DeleteTags',
      'elasticloadbalancing:RemoveTags',
      's3:TagResource',
    ],
    reason: 'tags that a later apply changes or takes away',
  },
  {
    roles: /^LornuGithub/,
    actions: [
      '*:Update*',
      '*:Modify*',
      'ec2:Replace*',
      'ec2:RevokeSecurityGroup*',
      'elasticloadbalancing:Set*',
      'iam:PutRolePermissionsBoundary',
      'kms:PutKeyPolicy',
      'logs:AssociateKmsKey',
      'sns:SetSubscriptionAttributes',
    ],
    reason: 'changed in place by a later apply',
  },
  {
    roles: /^LornuGithub/,
    actions: [
      'ecr:*',
      'ecs:RunTask',
      'ecs:StopTask',
      'ecs:DescribeTasks',
      'ecs:ListTasks',
      'ecs:DescribeServiceDeployments',
      'ecs:ListServiceDeployments',
    ],
    reason:
      "the workflow's steps beside Terraform: the image's signature, the watched deploy, the check from inside",
  },
  {
    roles: /^LornuGithubApplyRole$/,
    actions: [
      'ec2:DisassociateAddress',
      'ec2:DeleteRoute',
      'iam:DeleteRolePolicy',
      's3:DeleteObject*',
      's3:ListBucketVersions',
    ],
    reason: 'undone by a destroy whose order or contents differ',
  },
  {
    roles: /^LornuGithubApplyRole$/,
    actions: ['iam:PassRole'],
    reason: 'autoscaling is told its linked role at each change of a target',
  },
  {
    roles: /^LornuGithub(Plan|Apply)Role$/,
    actions: ['*:Describe*', '*:Get*', '*:List*', '*:View*'],
    reason: 'read by the provider where this rehearsal has nothing of the kind',
  },
];
