import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CHECKOUT, nowhere, runCaptured } from '@lornu/cli/captured-run.ts';
import { EXIT } from '@lornu/ops/base/cli-error.ts';
import { startLocalService } from '@lornu/ops/eval/local-service.ts';

const ROOT = resolve(import.meta.dir, '../..');
setDefaultTimeout(120_000);

const folder = await mkdtemp(join(tmpdir(), 'eval-command-'));
const service = await startLocalService(nowhere(CHECKOUT), { agentsDir: join(ROOT, 'agents') });
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

const run = async (...argv: string[]) => runCaptured(['eval', ...argv], CHECKOUT);

interface Case {
  eval_id: string;
  final_eval_status: number;
  session_id: string;
  user_id: string;
  session_details: { events: unknown[] };
}

test('the bundled agents have sets of at least 15 cases, which pass on the stand-in; metrics judged by a model are skipped', async () => {
  const { code, stdout, stderr } = await run('--no-keep');
  expect(code, stdout + stderr).toBe(EXIT.ok);
  const counts = [...stdout.matchAll(/^(\w+)\/\w+: (\d+) of (\d+) passed/gmu)].map(([, app, passed, all]) => [
    app,
    passed === all && Number(all) >= 15,
  ]);
  const agents = (await readdir(join(ROOT, 'agents'), { withFileTypes: true })).filter(
    (entry) => entry.isDirectory() && entry.name !== 'node_modules',
  );
  expect(Object.fromEntries(counts) as unknown).toEqual(
    Object.fromEntries(agents.map(({ name }) => [name, true])),
  );
  expect(stdout).toContain('final_response_match_v2: It needs a judge model');
});

test("a failed case gives exit code 1; --json has google-adk's form, and no session is left", async () => {
  const set = join(folder, 'wrong.evalset.json');
  const content = (text: string) => ({ parts: [{ text }] });
  await Bun.write(
    set,
    JSON.stringify({
      eval_set_id: 'wrong',
      eval_cases: [
        {
          eval_id: 'wrong',
          conversation: [
            {
              user_content: content('note: buy bread'),
              final_response: content('saved'),
              intermediate_data: { tool_uses: [{ name: 'list_notes', args: {} }] },
            },
          ],
        },
        {
          eval_id: 'fails',
          conversation: [{ user_content: content('simulate 400'), final_response: content('saved') }],
        },
      ],
    }),
  );
  const { code, stdout } = await run('lornu', '--set', set, '--url', service.url, '--no-keep', '--json');
  expect(code).toBe(EXIT.failed);
  const [result] = JSON.parse(stdout) as [{ eval_set_id: string; eval_case_results: Case[] }];
  expect(result.eval_set_id).toBe('wrong');
  expect(
    result.eval_case_results.map(({ eval_id, final_eval_status }) => [eval_id, final_eval_status]),
  ).toEqual([
    ['wrong', 2],
    ['fails', 2],
  ]);
  const [wrong] = result.eval_case_results;
  expect(wrong?.session_details.events.length).toBeGreaterThan(2);
  const left = await fetch(`${service.url}/apps/lornu/users/${wrong?.user_id}/sessions/${wrong?.session_id}`);
  expect(left.status).toBe(404);
});

test('a failed case shows what was expected and what the agent did; a set with an id of another name gets a note', async () => {
  const set = join(folder, 'mine.evalset.json');
  const basic = await Bun.file(join(ROOT, 'agents/lornu/basic.evalset.json')).text();
  await Bun.write(set, basic.replace('"text": "the demo is on Friday"', '"text": "the demo is on Monday"'));
  const { code, stdout } = await run(
    'lornu',
    '--set',
    set,
    '--cases',
    'save_note',
    '--url',
    service.url,
    '--no-keep',
  );
  expect(code).toBe(EXIT.failed);
  expect(stdout).toContain('its eval_set_id should be "mine"');
  expect(stdout).toContain('turn 1, expected: save_note {"text":"the demo is on Monday"}');
  expect(stdout).toContain('turn 1, actual:   save_note {"text":"the demo is on Friday"}');
});

test.each([
  ['an agent that there is not', ['nobody'], 'There is no agent "nobody"'],
  ['a case that there is not', ['lornu', '--cases', 'nothing', '--url', 'SERVICE'], 'No case was evaluated'],
  [
    'a set of another form',
    ['lornu', '--set', join(ROOT, 'package.json'), '--url', 'SERVICE'],
    'It is not an eval set of google-adk',
  ],
  [
    'a server that does not serve the agent',
    ['elsewhere', '--set', join(ROOT, 'agents/lornu/basic.evalset.json'), '--url', 'SERVICE'],
    'There is no agent "elsewhere" at',
  ],
  ['a server that there is not', ['lornu', '--url', 'http://127.0.0.1:1'], 'gives no list of its agents'],
  ['an address that a token must not go to', ['lornu', '--url', 'http://example.com'], 'https://'],
])('%s is told in a sentence with the next step', async (_what, argv, sentence) => {
  const { code, stderr } = await run(...argv.map((one) => (one === 'SERVICE' ? service.url : one)));
  expect(code === EXIT.usage || code === EXIT.failed).toBe(true);
  expect(stderr).toContain(sentence);
});
