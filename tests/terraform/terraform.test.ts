import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { chooseProvider } from '@lornu/rehearsal/terraform/choose-provider.ts';
import { findTerraform } from '@lornu/ops/terraform/find-terraform.ts';
import { STACKS } from '@lornu/rehearsal/terraform/stacks.ts';
import { parseTestRun } from './parse-test-run.ts';

const ROOT = join(import.meta.dir, '../..');
const MINUTES = 60_000;
const context = {
  cacheDir: join(ROOT, '.cache'),
  env: process.env,
  signal: AbortSignal.timeout(15 * MINUTES),
};
const quiet = { line: () => {}, detail: () => {} };

/**
 * The variables with their validations, and the tests of these, which need nothing else: with all resources, a run takes
 * as much CPU time as all of them without.
 */
const OF_VARIABLES = /^(?:variables|versions)/u;

let terraform: string;
let cliConfigPath: string;
let scratch: string;

beforeAll(async () => {
  terraform = (await findTerraform(context, quiet)).path;
  ({ cliConfigPath } = await chooseProvider('auto', context, quiet));
  scratch = await mkdtemp(join(tmpdir(), 'lornu-terraform-'));
}, 10 * MINUTES);
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function run(folder: string, ...command: string[]): Promise<{ exitCode: number; text: string }> {
  const child = Bun.spawn([terraform, ...command], {
    cwd: folder,
    env: {
      ...process.env,
      TF_CLI_CONFIG_FILE: cliConfigPath,
      TF_IN_AUTOMATION: '1',
      CHECKPOINT_DISABLE: '1',
      // Short-lived programs with much garbage: collecting it less often saves a fifth of their CPU time.
      GOGC: '400',
    },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { exitCode: await child.exited, text: out + err };
}

/** A copy without the lock file: it contains the registry's hashes, and a provider built here has another. */
async function stage(folder: string, kind: 'all' | 'variables'): Promise<string> {
  const staged = join(scratch, kind, folder);
  await cp(join(ROOT, folder), staged, {
    recursive: true,
    filter: (path) =>
      !['.terraform', '.terraform.lock.hcl'].includes(basename(path)) &&
      (kind === 'all' || !path.endsWith('.tf') || OF_VARIABLES.test(basename(path))),
  });
  const { exitCode, text } = await run(staged, 'init', '-backend=false', '-input=false');
  expect(exitCode, text).toBe(0);
  return staged;
}

test(
  'every file is formatted',
  async () => {
    const { exitCode, text } = await run(ROOT, 'fmt', '-check', '-diff', '-recursive', 'terraform');
    expect(exitCode, text).toBe(0);
  },
  2 * MINUTES,
);

for (const { name, folder } of STACKS) {
  describe(folder, () => {
    const files = readdirSync(join(ROOT, folder, 'tests')).filter((file) => file.endsWith('.tftest.hcl'));
    let staged: string;
    let variables: string;
    beforeAll(async () => {
      [staged, variables] = await Promise.all([stage(folder, 'all'), stage(folder, 'variables')]);
    }, 5 * MINUTES);

    test(
      'is valid',
      async () => {
        const { text } = await run(staged, 'validate', '-json');
        expect(JSON.parse(text)).toMatchObject({ valid: true, error_count: 0, warning_count: 0 });
      },
      2 * MINUTES,
    );

    test.concurrent.each(files)(
      `keeps what tests/%s of ${name} says`,
      async (file) => {
        const needed = OF_VARIABLES.test(file) ? variables : staged;
        const { text } = await run(needed, 'test', '-json', `-filter=tests/${file}`);
        const { passed, notPassed } = parseTestRun(text);
        expect(notPassed, text).toEqual([]);
        expect(passed).toBeGreaterThan(0);
      },
      10 * MINUTES,
    );
  });
}
