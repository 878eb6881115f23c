import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endingWithParent } from '@lornu/ops/process/ending-with-parent.ts';
import { startTerraformCloud } from '@lornu/standins/terraform-cloud/server.ts';
import { serveHere } from '../support/serve-here.ts';

// The real command, interrupted by a real signal while HCP Terraform has not answered yet.

const root = join(import.meta.dir, '../..');
// A folder of its own: bun stores what it has compiled in the home folder, which it creates if it is missing.
const home = mkdtempSync(join(tmpdir(), 'interrupted-'));
afterAll(() => rmSync(home, { recursive: true }));
const ENVIRONMENT = { PATH: process.env['PATH'], HOME: home, TF_TOKEN_app_terraform_io: 'owner' };

const hcp = startTerraformCloud({
  organization: 'lornu-ai',
  workspaces: ['lornu-aws-bootstrap', 'lornu-aws-staging'],
  executionMode: 'local',
  tokens: new Map([['owner', 'owner' as const]]),
});
afterAll(() => hcp.stop());

interface Interrupted {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `lornu setup hcp`; this request reaches HCP, is never answered, and the command gets the signal instead. */
async function interruptAt(
  request: string,
  signal: NodeJS.Signals,
  ...flags: string[]
): Promise<Interrupted> {
  const front = serveHere(async (asked) => {
    const { pathname } = new URL(asked.url);
    const answer = await fetch(`${hcp.address}${pathname}`, {
      method: asked.method,
      headers: asked.headers,
      body: asked.body,
    });
    if (!`${asked.method} ${pathname}`.endsWith(request)) return answer;
    child.kill(signal);
    return new Promise<Response>(() => {});
  });
  const child = Bun.spawn(endingWithParent([process.execPath, 'cli/main.ts', 'setup', 'hcp', ...flags]), {
    cwd: root,
    env: { ...ENVIRONMENT, TFE_ADDRESS: front.url.origin },
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  await front.stop(true);
  return { code, stdout, stderr };
}

const NEXT =
  '  next: Run the same command again: it does what is left. Until then nothing goes on, except a workflow that was started at GitHub (gh run list).\n';
const GCP = 'make the workspace lornu-gcp-staging of lornu-ai, execution mode local';

test('before its first change it says that nothing was changed', async () => {
  const { code, stdout, stderr } = await interruptAt('workspaces/lornu-aws-bootstrap', 'SIGTERM');
  expect([code, stdout]).toEqual([143, '']);
  expect(stderr).toEndWith(
    `\nThe setup was interrupted after 1 of 4 steps.\n  why:  Nothing was changed.\n${NEXT}`,
  );
});

test('within a change it says that its end is not known', async () => {
  const { code, stderr } = await interruptAt(
    'POST /api/v2/organizations/lornu-ai/workspaces',
    'SIGINT',
    '--yes=all',
  );
  expect(code).toBe(130);
  expect(stderr).toEndWith(
    `\nThe setup was interrupted after 2 of 4 steps.\n  why:  Perhaps done: ${GCP}.\n${NEXT}`,
  );
  expect(hcp.workspace('lornu-gcp-staging').executionMode).toBe('local');
});

test('at a question it says that nothing was changed', async () => {
  hcp.workspace('lornu-gcp-staging').executionMode = 'remote';
  let shown = '';
  const child = Bun.spawn(endingWithParent([process.execPath, 'cli/main.ts', 'setup', 'hcp']), {
    cwd: root,
    env: { ...ENVIRONMENT, TERM: 'xterm', TFE_ADDRESS: hcp.address },
    terminal: {
      cols: 100,
      rows: 30,
      data: (terminal, bytes) => {
        shown += new TextDecoder().decode(bytes);
        // The question is the last thing on the screen, and stays there.
        if (shown.endsWith('[y/N] ')) terminal.write('\u0003');
      },
    },
  });
  expect(await child.exited).toBe(130);
  expect(shown.replaceAll('\r', '')).toEndWith(
    `\nThe setup was interrupted after 2 of 4 steps.\n  why:  Nothing was changed.\n${NEXT}`,
  );
});

test('after a change it says what it has changed, and the next run does the rest', async () => {
  hcp.workspace('lornu-gcp-staging').executionMode = 'remote';
  const first = await interruptAt('workspaces/lornu-aws-staging', 'SIGINT', '--yes=all', '--json');
  expect(first.code).toBe(130);
  expect(first.stderr).toContain(
    '\nThe setup was interrupted after 3 of 4 steps.\n  why:  Done: set the execution mode of lornu-gcp-staging from remote to local',
  );
  expect(JSON.parse(first.stdout)).toMatchObject({
    error: { why: expect.stringContaining('Done: ') },
    exitCode: 130,
  });
  const second = await interruptAt('nothing', 'SIGINT', '--yes=all');
  expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('4 of 4 are there')]);
});
