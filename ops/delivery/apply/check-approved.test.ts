import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../../base/cli-error.ts';
import type { DeliveryContext } from '../delivery-context.ts';
import { digestOf, type Manifest } from '../manifest.ts';
import { type ApplyMode, checkApproved } from './check-approved.ts';

const PLAN = 'the bytes of a plan';
const IMAGE = { digest: `sha256:${'a'.repeat(64)}`, revision: '0123456789ab' };

let context: DeliveryContext;
let commit: string;

function git(...words: string[]): string {
  const run = Bun.spawnSync(['git', '-C', context.root, ...words]);
  expect(run.exitCode).toBe(0);
  return run.stdout.toString().trim();
}

beforeEach(async () => {
  const root = await mkdtemp(join(tmpdir(), 'lornu-approved-'));
  const folder = join(root, '.lornu/delivery');
  await mkdir(folder, { recursive: true });
  context = {
    root,
    cacheDir: join(root, '.cache'),
    env: { PATH: process.env['PATH'] },
    signal: new AbortController().signal,
    redact: (text) => text,
    folder,
    emit: () => undefined,
  };
  await writeFile(join(root, '.gitignore'), '.lornu/\n');
  git('init', '--quiet');
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@b.example', 'commit', '--quiet', '--message', 'one');
  commit = git('rev-parse', 'HEAD');
});
afterEach(() => rm(context.root, { recursive: true }));

const manifest = (): Manifest => {
  const sha256 = digestOf(Buffer.from(PLAN)).replace('sha256:', '');
  return {
    format: 1,
    record: {
      purpose: 'deploy',
      madeAt: '2026-11-25T09:00:00Z',
      commit,
      clean: true,
      plan: { sha256, bytes: PLAN.length },
      terraform: '1.11.4',
      state: { lineage: 'one', serial: 3 },
      image: { ...IMAGE, placeholder: false },
      before: null,
      changes: [
        { address: 'aws_ecs_service.agent', action: 'update', attributes: ['task_definition'], drift: false },
      ],
    },
    scan: {
      planSha256: sha256,
      scanners: ['trivy', 'tfsec', 'checkov'].map((tool) => ({
        tool,
        version: '1',
        target: 'plan',
        checked: 110,
        findings: [],
      })),
      absent: [],
    },
    cost: { pricesOf: '2026-01-01', region: 'us-east-1', before: 1, after: 2 },
  };
};

interface Given {
  change?: (manifest: Manifest) => void;
  plan?: string | undefined;
  approved?: string;
  mode?: ApplyMode;
}

/** Writes the delivery folder and runs the checks on it. */
async function check({ change, plan = PLAN, approved, mode = 'approved' }: Given = {}): Promise<Manifest> {
  const made = manifest();
  change?.(made);
  const text = JSON.stringify(made);
  await writeFile(join(context.folder, 'manifest.json'), text);
  await writeFile(join(context.folder, 'staging.tfplan'), plan);
  return checkApproved(approved ?? digestOf(Buffer.from(text)), mode, context);
}

async function refusal(checked: Promise<unknown>): Promise<string> {
  const error: unknown = await checked.catch((caught: unknown) => caught);
  if (!(error instanceof CliError)) throw new Error(`it was not refused: ${String(error)}`);
  expect(error.parts.next).not.toBe('');
  return `${error.message} ${error.parts.why}`;
}

test('a plan that was approved, scanned and made from this commit passes', async () => {
  expect((await check()).record.commit).toBe(commit);
});

describe('nothing is applied when', () => {
  test.each<[string, Given, string]>([
    [
      'another digest was approved',
      { approved: `sha256:${'b'.repeat(64)}` },
      'was approved, and the manifest here is',
    ],
    ['nobody approved anything', { approved: '' }, 'nothing was approved'],
    [
      'the plan was for review',
      { change: ({ record }) => (record.purpose = 'review') },
      'made for review only',
    ],
    ['the plan file is cut off', { plan: PLAN.slice(0, 5) }, '5 of 19 bytes are there'],
    ['the plan file is another', { plan: PLAN.replace('a plan', 'A plan') }, 'its digest is another one'],
    [
      'files of no commit were planned',
      { change: ({ record }) => (record.clean = false) },
      'files that no commit has',
    ],
    [
      'another commit was planned',
      { change: ({ record }) => (record.commit = 'c'.repeat(40)) },
      'It was made of the commit cccc',
    ],
    [
      'another plan was scanned',
      { change: ({ scan }) => (scan.planSha256 = 'd'.repeat(64)) },
      'What was scanned is another plan file',
    ],
    ['nobody scanned it', { change: ({ scan }) => (scan.scanners = []) }, 'Nothing scanned the plan'],
    [
      'a scanner saw nothing',
      { change: ({ scan }) => (scan.scanners[0]!.checked = 0) },
      'trivy saw nothing in the plan',
    ],
    [
      'a scanner found something',
      {
        change: ({ scan }) =>
          scan.scanners[0]!.findings.push({ id: 'AVD-1', severity: 'HIGH', resource: 'x', title: 'open' }),
      },
      'trivy found 1: AVD-1',
    ],
    [
      'going back changes more than the image',
      {
        mode: 'image-only',
        change: ({ record }) =>
          record.changes.push({ address: 'aws_lb.staging', action: 'delete', attributes: [], drift: false }),
      },
      'It changes more than the image: delete aws_lb.staging',
    ],
  ])('%s', async (_name, given, why) => {
    expect(await refusal(check(given))).toContain(why);
  });

  test('the checkout has uncommitted changes', async () => {
    await writeFile(join(context.root, 'main.tf'), '');
    expect(await refusal(check())).toContain('changes that its commit does not have: ?? main.tf');
  });

  test('the manifest or the plan file is missing, or the manifest is damaged', async () => {
    expect(await refusal(checkApproved('sha256:x', 'approved', context))).toContain('There is no manifest');
    await writeFile(join(context.folder, 'manifest.json'), '{');
    expect(await refusal(checkApproved(digestOf(Buffer.from('{')), 'approved', context))).toContain(
      'it is no JSON',
    );
    const text = JSON.stringify(manifest());
    await writeFile(join(context.folder, 'manifest.json'), text);
    expect(await refusal(checkApproved(digestOf(Buffer.from(text)), 'approved', context))).toContain(
      'The plan file is missing',
    );
  });

  test('a scanner is missing in the pipeline', async () => {
    context = { ...context, env: { ...context.env, GITHUB_ACTIONS: 'true' } };
    const change = ({ scan }: Manifest): void => {
      scan.scanners = scan.scanners.filter(({ tool }) => tool !== 'trivy');
      scan.absent = ['trivy'];
    };
    expect(await refusal(check({ change }))).toContain('trivy did not look');
  });
});

test('returning to an earlier image needs no scan', async () => {
  const change = ({ scan }: Manifest): void => void (scan.scanners = []);
  expect((await check({ mode: 'image-only', change })).record.image.revision).toBe(IMAGE.revision);
});
