import { expect, test } from 'bun:test';
import { isKnown, neededToApply, neededToPlan } from './checks/bootstrap/needed-actions.ts';

// Permissions that AWS requires besides the call's own, which an emulator without IAM never shows.
test.each([
  ['secretsmanager:CreateSecret', ['kms:Decrypt', 'kms:GenerateDataKey']],
  [
    'wafv2:AssociateWebACL',
    ['elasticloadbalancing:CreateWebACLAssociation', 'elasticloadbalancing:SetWebAcl'],
  ],
  // Derived from the call that undoes it.
  ['wafv2:AssociateWebACL', ['elasticloadbalancing:DeleteWebACLAssociation']],
  ['ec2:CreateVpcEndpoint', ['route53:AssociateVPCWithHostedZone']],
  ['s3:PutObject', ['s3:PutObjectTagging']],
  ['application-autoscaling:RegisterScalableTarget', ['iam:PassRole']],
  ['ec2:CreateFlowLogs', ['iam:PassRole']],
])('%s needs %p too', (call, needed) => {
  const all = neededToApply([call]);
  for (const action of needed) expect(all).toContain(action);
});

test("a read needs AWS's dependent actions, as far as they concern a load balancer", () => {
  const all = neededToPlan(['wafv2:GetWebACLForResource']);
  expect(all).toContain('elasticloadbalancing:GetLoadBalancerWebACL');
  expect([...all].filter((action) => /^(amplify|cognito-idp|apprunner|appsync):/.test(action))).toEqual([]);
});

test.each([
  ['elasticloadbalancing:SetWebACL', true],
  ['ec2:Describe*', true],
  ['ecs:UpdateServices', false],
  ['ecx:UpdateService', false],
])('AWS knows %s: %p', (action, known) => {
  expect(isKnown(action)).toBe(known);
});
