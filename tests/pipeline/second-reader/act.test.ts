import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand } from '@lornu/ops/process/run-command.ts';
import { findTool } from '@lornu/ops/setup/find-tool.ts';
import { TOOLS } from '@lornu/ops/setup/tools.ts';
import { parse, stringify } from 'yaml';
import { root } from '../kit.ts';
import { EVENTS, runningJobs, type Event } from '../workflow/events.ts';
import { parseWorkflow } from '../workflow/workflow.ts';

// act reads the same YAML and lists the jobs that would run, without running them (--dryrun). So an independent program
// also interprets the triggers, needs and conditions.

const WORKFLOW = '.github/workflows/terraform-aws.yml';
const MINUTE = 60_000;

let folder: string;
let text: string;
let act: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lornu-act-'));
  text = await Bun.file(join(root, WORKFLOW)).text();
  const found = await findTool(TOOLS.act, { cacheDir: join(root, '.cache'), env: process.env });
  if (!found) throw new Error('act is not built: ./lornu test second-reader builds it');
  act = found.path;
  const git = async (...words: string[]) => runCommand(['git', '-C', folder, ...words]);
  await git('init', '--quiet', '--initial-branch', 'main');
  await git('remote', 'add', 'origin', 'https://github.com/lornu-ai/lornu-aws-staging.git');
  const who = ['-c', 'user.name=x', '-c', 'user.email=x@lornu.example'];
  await git(...who, 'commit', '--quiet', '--allow-empty', '--message', 'Nothing');
}, MINUTE);
afterAll(async () => rm(folder, { recursive: true, force: true }));

interface Read {
  jobs: Record<string, { name?: string; 'runs-on': string; steps: unknown[]; outputs?: unknown }>;
}

/** The ids of the jobs that act would run for the event. The jobs have no steps, so that act fetches no action. */
async function jobsByAct(workflow: string, { github, inputs, vars }: Event): Promise<string[]> {
  const read = parse(workflow) as Read;
  for (const [id, job] of Object.entries(read.jobs)) {
    Object.assign(job, { name: id, 'runs-on': 'here', steps: [{ run: 'true' }] });
    delete job.outputs;
  }
  const [file, event] = [join(folder, 'workflow.yml'), join(folder, 'event.json')];
  await writeFile(file, stringify(read));
  const repository = { full_name: github.repository, private: false };
  await writeFile(event, JSON.stringify({ ...github.event, ref: github.ref, inputs, repository }));
  const set = Object.entries(vars ?? { AWS_ACCOUNT_ID: '123456789012' }).map(
    ([name, value]) => `--var=${name}=${value}`,
  );
  const options = ['--dryrun', '--json', '--eventpath', event, '--workflows', file, '--actor', github.actor];
  const { stdout, tail } = await runCommand(
    [act, github.event_name, ...options, '--platform', 'here=-self-hosted', ...set],
    { cwd: folder, env: { PATH: `${dirname(act)}:/usr/bin:/bin`, HOME: folder }, timeoutMs: MINUTE },
  );
  const said = `${stdout}\n${tail.join('\n')}`;
  return [...new Set([...said.matchAll(/"jobID":"([\w-]+)"/g)].map(([, id = '']) => id))].toSorted();
}

test.each(Object.entries(EVENTS) as [string, Event][])(
  'the jobs of %s',
  async (_name, event) => {
    const ours = runningJobs(parseWorkflow(text), event);
    expect(await jobsByAct(text, event)).toEqual(ours.toSorted());
  },
  MINUTE,
);

test(
  'act also notices a removed condition',
  async () => {
    const condition = "github.event_name == 'workflow_dispatch' && github.ref == 'refs/heads/main' && ";
    const changed = text.replace(
      `if: ${condition}inputs.action == 'deploy'`,
      "if: inputs.action == 'deploy'",
    );
    expect(changed).not.toBe(text);
    const event = EVENTS['deploy started on another branch'];
    expect(await jobsByAct(changed, event)).toContain('publish');
    expect(await jobsByAct(text, event)).not.toContain('publish');
  },
  MINUTE,
);
