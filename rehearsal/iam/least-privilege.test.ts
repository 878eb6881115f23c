import { expect, test } from 'bun:test';
import { leastPrivilege, summarisePermissions } from './least-privilege.ts';

const document = JSON.stringify({
  Statement: [
    {
      Sid: 'Network',
      Effect: 'Allow',
      Action: ['ec2:CreateVpc', 'ec2:Describe*', 'ec2:ModifyVpc', 'ec2:RunInstances'],
      Resource: '*',
    },
    { Sid: 'Never', Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' },
  ],
});
const role = 'LornuGithubApplyRole';
const granted = [{ role, policy: 'p', document }];
const use = (action: string, alone: boolean) => ({ role, policy: 'p', sid: 'Network', action, alone });

test('an action is needed, has a reason, or is named', () => {
  const uses = [use('ec2:CreateVpc', true), use('ec2:DescribeVpcs', false)];
  const statements = leastPrivilege({ granted, uses });
  expect(statements).toEqual([
    {
      role,
      policy: 'p',
      sid: 'Network',
      used: ['ec2:CreateVpc', 'ec2:Describe*'],
      unused: [
        { action: 'ec2:ModifyVpc', reason: 'changed in place by a later apply' },
        { action: 'ec2:RunInstances', reason: '' },
      ],
      isNeeded: true,
    },
  ]);
  expect(summarisePermissions(statements)).toContain(
    `without a need or a reason: ${role} Network: ec2:RunInstances`,
  );
});

test('a statement beside another that allows the same is not needed', () => {
  expect(leastPrivilege({ granted, uses: [use('ec2:CreateVpc', false)] })[0]?.isNeeded).toBe(false);
});
