import { expect, test } from 'bun:test';
import { estimate } from '../cost/estimate.ts';
import type { PlanCost } from '../cost/plan-cost.ts';
import type { Manifest } from '../manifest.ts';
import { renderSummary } from './render-summary.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const values = (...types: string[]) => ({
  root_module: { resources: types.map((type) => ({ mode: 'managed', type, values: {} })) },
});

const cost = (region = 'us-east-1'): PlanCost => ({
  pricesOf: '2026-01-01',
  pricedRegion: 'us-east-1',
  region,
  before: estimate(values('aws_kms_key')),
  after: estimate(values('aws_kms_key', 'aws_nat_gateway', 'aws_mystery')),
});

function manifest(change: (manifest: Manifest) => void = () => undefined): Manifest {
  const made: Manifest = {
    format: 1,
    record: {
      purpose: 'deploy',
      madeAt: '2026-11-25T09:00:00Z',
      commit: 'c'.repeat(40),
      clean: true,
      plan: { sha256: 'b'.repeat(64), bytes: 10 },
      terraform: '1.11.4',
      state: { lineage: 'one', serial: 7 },
      image: { digest: DIGEST, revision: '0123456789ab', placeholder: false },
      before: { digest: DIGEST, revision: 'ba9876543210' },
      gate: {
        passed: true,
        replayed: 37,
        changed: 0,
        evalCases: 19,
        evalFailed: 0,
        loadTurns: 60,
        loadFailed: 0,
        reasons: [],
      },
      changes: [
        { address: 'aws_ecs_service.agent', action: 'update', attributes: ['task_definition'], drift: false },
        { address: 'aws_kms_key.logs', action: 'delete', attributes: [], drift: true },
      ],
    },
    scan: {
      planSha256: 'b'.repeat(64),
      scanners: [{ tool: 'tfsec', version: '1.28.14', target: 'files', checked: 110, findings: [] }],
      absent: ['trivy'],
    },
    cost: { pricesOf: '2026-01-01', region: 'us-east-1', before: 1, after: 33.85 },
  };
  change(made);
  return made;
}

test('shows the changes, the image, the cost and what to approve', () => {
  const text = renderSummary(manifest(), cost(), 'sha256:approve-me');
  expect(text).toStartWith('### terraform/aws/staging: 1 to update, 1 to delete\n');
  expect(text).toContain(
    'To approve: **`sha256:approve-me`**. Exactly this plan file is applied, or nothing.',
  );
  expect(text).toContain(`| image | \`0123456789ab\` \`${DIGEST}\` |`);
  expect(text).toContain(`| runs now | \`ba9876543210\``);
  expect(text).toContain('| state | serial 7 |');
  expect(text).toContain('| gate | 37 recorded conversations, 0 led otherwise; 19 eval cases, 0 failed;');
  expect(text).toContain('33.85 USD a month (+32.85)');
  expect(text).toContain('- update `aws_ecs_service.agent`: task_definition\n');
  expect(text).toContain('- **delete** `aws_kms_key.logs` (changed outside of Terraform)');
  expect(text).toContain('| tfsec 1.28.14 | files | 110 | 0 |');
  expect(text).toContain('- trivy did not look: it is not installed here.');
  expect(text).toContain('- 1 aws_mystery: no price here');
});

test('marks a plan for review, files without a commit, and a region without prices', () => {
  const text = renderSummary(
    manifest(({ record }) => {
      record.purpose = 'review';
      record.clean = false;
      record.before = null;
      record.state.serial = 0;
      record.image.placeholder = true;
      record.changes = [];
    }),
    cost('eu-central-1'),
    'sha256:nobody',
  );
  expect(text).toStartWith('### terraform/aws/staging: nothing to change\n');
  expect(text).toContain('it is never applied');
  expect(text).not.toContain('sha256:nobody');
  expect(text).toContain('**changes that are not in it**');
  expect(text).toContain('| runs now | nothing |');
  expect(text).toContain('| state | none yet |');
  expect(text).toContain('| image | none yet: a placeholder |');
  expect(text).toContain('The plan is for eu-central-1, whose prices differ by up to a fifth.');
});

test('lists each finding at the top; a long list of changes is cut and counted', () => {
  const text = renderSummary(
    manifest(({ record, scan }) => {
      record.changes = Array.from({ length: 70 }, (_, index) => ({
        address: `aws_subnet.a[${index}]`,
        action: 'create',
        attributes: Array.from({ length: 12 }, (__, at) => `attribute_${at}`),
        drift: false,
      }));
      scan.scanners[0]!.findings.push({ id: 'aws-x', severity: 'HIGH', resource: 'aws_lb.a', title: 'open' });
    }),
    cost(),
    DIGEST,
  );
  expect(text).toContain('| scan | **tfsec found 1: aws-x.** |');
  expect(text).toContain('- tfsec HIGH aws-x `aws_lb.a`: open');
  expect(text).toContain('- and 10 more');
  expect(text).toContain('attribute_7, ...\n');
  expect(text).not.toContain('attribute_8');
});
