import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CHECKOUT, nowhere, runCaptured } from '@lornu/cli/captured-run.ts';
import { EXIT } from '@lornu/ops/base/cli-error.ts';
import { startLocalService } from '@lornu/ops/eval/local-service.ts';
import { startService } from '@lornu/ops/servers/agent-servers.ts';
import { startFirestore } from '@lornu/ops/up/start-standin.ts';
import { postJson } from '../support/post-json.ts';
import { serveHere } from '../support/serve-here.ts';

const ROOT = resolve(import.meta.dir, '../..');
setDefaultTimeout(120_000);

const EMAIL = 'ada.lovelace@example.org';
const PHONE = '+49 170 1234567';

const folder = await mkdtemp(join(tmpdir(), 'record-'));
const cassettes = join(folder, 'cassettes');
const service = await startLocalService(nowhere(CHECKOUT), { agentsDir: join(ROOT, 'agents') });
await talk(
  service.url,
  'lornu',
  `note: write to ${EMAIL} or call ${PHONE}`,
  'what are my notes?',
  `is ${EMAIL} right?`,
);
await talk(service.url, 'lornu', 'what is the status of the environment?');
await talk(service.url, 'incident', 'I saw: the error rate rose to 5 %', 'write the report: errors');
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

async function talk(url: string, app: string, ...messages: string[]): Promise<void> {
  const post = async (path: string, body: unknown): Promise<Response> => postJson(`${url}${path}`, body);
  const { id } = (await (await post(`/apps/${app}/users/ada/sessions`, {})).json()) as { id: string };
  for (const text of messages) {
    const answer = await post('/run', {
      appName: app,
      userId: 'ada',
      sessionId: id,
      newMessage: { role: 'user', parts: [{ text }] },
    });
    expect(answer.status).toBe(200);
  }
}

const run = async (argv: readonly string[], env: Record<string, string> = {}) =>
  runCaptured(argv, { ...CHECKOUT, env });

const recordFrom = (...argv: string[]) => ['record', '--user', 'ada', '--out', cassettes, ...argv];
const replayOf = (path: string, ...argv: string[]) => [
  'replay',
  path,
  '--report',
  join(folder, 'replay.html'),
  ...argv,
];

test('the masking rules are shown with counts and without what they matched, and nothing is written by default', async () => {
  const { code, stdout, stderr } = await run(recordFrom('--url', service.url));
  expect(code).toBe(EXIT.ok);
  expect(stderr).toMatch(/email +[1-9]\d* times/u);
  expect(stderr).toMatch(/phone +[1-9]\d* times/u);
  expect(stdout).toContain('2 conversations with 4 turns would be written');
  expect(stdout + stderr).not.toContain('lovelace');
  expect(await stat(cassettes).catch(() => undefined)).toBeUndefined();
});

test('the written files contain nothing of the person, are readable by the owner only, and replay the same', async () => {
  expect((await run(recordFrom('--url', service.url, '--write'))).code).toBe(EXIT.ok);
  expect((await run(recordFrom('--url', service.url, '--app', 'incident', '--write'))).code).toBe(EXIT.ok);
  const names = await readdir(cassettes);
  expect(names.filter((name) => name.endsWith('.cassette.json'))).toHaveLength(3);
  const texts = await Promise.all(names.map(async (name) => Bun.file(join(cassettes, name)).text()));
  // What the two conversations with one agent ask the model is written once.
  expect(texts.join('\n').split('Use the tools for facts about the environment')).toHaveLength(2);
  for (const personal of ['lovelace', '1234567', '"ada"']) expect(texts.join('\n')).not.toContain(personal);
  // The same value has the same placeholder everywhere: the notes are still those that were stored.
  expect(texts.join('\n')).toContain('write to <email-1> or call <phone-1>');
  expect(texts.join('\n')).toContain('is <email-1> right?');
  for (const name of names) expect((await stat(join(cassettes, name))).mode & 0o077).toBe(0);
  const { code, stdout } = await run(replayOf(cassettes));
  expect([code, stdout]).toEqual([EXIT.ok, '3 conversations: 3 same, 0 harmless, 0 changed\n']);
});

test('a changed agent gives exit code 1, and a page shows both side by side', async () => {
  const agentsDir = join(folder, 'agents');
  await cp(join(ROOT, 'agents'), agentsDir, { recursive: true });
  const file = join(agentsDir, 'lornu/agent.ts');
  await Bun.write(file, (await Bun.file(file).text()).replace("name: 'list_notes'", "name: 'read_notes'"));
  const { code, stdout } = await run(replayOf(cassettes), { LORNU_AGENTS_DIR: agentsDir });
  expect(code).toBe(EXIT.failed);
  expect(stdout).toMatch(
    /3 conversations: 1 same, 0 harmless, 2 changed\n(?: {2}lornu-\w+: .*tools declared.*\n){2}/u,
  );
  const page = await Bun.file(join(folder, 'replay.html')).text();
  expect(page).toMatch(/class="gone">tool \{[^<]*list_notes/u);
  expect(page).toMatch(/class="new">tool \{[^<]*read_notes/u);
  expect((await stat(join(folder, 'replay.html'))).mode & 0o077).toBe(0);
});

test('conversations in Firestore and in a file are recorded like those of a server', async () => {
  const { child, host } = await startFirestore({ ...nowhere(CHECKOUT), dataDir: folder });
  const env = {
    FIRESTORE_DATABASE: 'staging',
    GOOGLE_CLOUD_PROJECT: 'lornu-test',
    FIRESTORE_EMULATOR_HOST: host,
  };
  const onFirestore = await startService({
    root: ROOT,
    modelUrl: 'http://127.0.0.1:1',
    agentsDir: join(ROOT, 'agents'),
    scratchDir: folder,
    env: { ...env, LORNU_SESSION_STORE: 'firestore' },
  });
  try {
    const sessions = (await (await fetch(`${service.url}/apps/lornu/users/ada/sessions`)).json()) as {
      id: string;
    }[];
    const whole = (await Promise.all(
      sessions.map(async ({ id }) =>
        (await fetch(`${service.url}/apps/lornu/users/ada/sessions/${id}`)).json(),
      ),
    )) as { id: string; state: object; events: Record<string, unknown>[] }[];
    for (const { id, state, events } of whole) {
      const made = await postJson(`${onFirestore.url}/apps/lornu/users/ada/sessions`, {
        sessionId: id,
        state,
        events: events.map(
          ({ actions: _actions, longRunningToolIds: _ids, ...event }: Record<string, unknown>) => event,
        ),
      });
      expect(made.status).toBe(200);
    }
    const file = join(folder, 'sessions.json');
    await Bun.write(file, JSON.stringify(whole));
    const there = await run(recordFrom('--firestore', '--json'), env);
    const inFile = await run(recordFrom('--file', file, '--json'));
    const fromServer = await run(recordFrom('--url', service.url, '--json'));
    for (const { code, stdout } of [there, inFile, fromServer])
      expect([code, (JSON.parse(stdout) as { conversations: number }).conversations]).toEqual([EXIT.ok, 2]);
  } finally {
    await onFirestore.stop();
    await child.stop();
  }
});

test.each([
  ['a cassette of another version', { cassette: 2 }, 'a cassette of version 2'],
  ['a file that is none', [], 'It is no cassette'],
  [
    'a cassette whose answers are missing',
    {
      cassette: 1,
      name: 'x',
      appName: 'lornu',
      state: 's',
      turns: [{ message: 'm', at: 0, model: [], tools: [] }],
      blobs: { s: {} },
    },
    'the digest m is missing',
  ],
  [
    'an agent that is gone',
    {
      cassette: 1,
      name: 'x',
      appName: 'gone',
      state: 's',
      turns: [{ message: 'm', at: 0, model: [], tools: [] }],
      blobs: { s: {}, m: [] },
    },
    'leave out its cassettes, such as x',
  ],
])('%s is told in a sentence', async (_name, content, sentence) => {
  const path = join(folder, 'bad.cassette.json');
  await Bun.write(path, JSON.stringify(content));
  const { code, stderr } = await run(replayOf(path));
  expect(code === EXIT.usage || code === EXIT.failed).toBe(true);
  expect(stderr).toContain(sentence);
});

const SAVE_NOTE = join(ROOT, 'agents/lornu/cassettes/save_note.cassette.json');

test('a call that was not recorded is named with the next step', async () => {
  const path = join(folder, 'no-tool.cassette.json');
  const cassette = (await Bun.file(SAVE_NOTE).json()) as { turns: { tools: unknown[] }[] };
  for (const turn of cassette.turns) turn.tools = [];
  await Bun.write(path, JSON.stringify(cassette));
  const { code, stdout } = await run(replayOf(path));
  expect(code).toBe(EXIT.failed);
  expect(stdout).toContain('not recorded: save_note was not called there');
  expect(stdout).toContain('record these conversations again');
});

test('a candidate that does not start, or whose agents do not load, says what to mend', async () => {
  const unfit = await run(replayOf(SAVE_NOTE), { GOOGLE_GENAI_USE_VERTEXAI: 'maybe' });
  expect(unfit.code).toBe(EXIT.failed);
  expect(unfit.stderr).toMatch(
    /GOOGLE_GENAI_USE_VERTEXAI must be true or false[\s\S]*next: Fix what these lines say/u,
  );
  const agents = join(folder, 'broken');
  await Bun.write(join(agents, 'lornu/agent.ts'), 'throw new Error("broken");');
  const broken = await run(replayOf(SAVE_NOTE), { LORNU_AGENTS_DIR: agents });
  expect(broken.code).toBe(EXIT.failed);
  expect(broken.stderr).toMatch(/plays no conversation[\s\S]*Failed to load agent/u);
});

test('a server that is not there, and an agent that it does not have, are named before anything is recorded', async () => {
  const away = await run(recordFrom('--url', 'http://127.0.0.1:1'));
  expect(away.code).toBe(EXIT.failed);
  expect(away.stderr).toContain('http://127.0.0.1:1 gives no list of its agents.');
  const unknown = await run(recordFrom('--url', service.url, '--app', 'lorn'));
  expect(unknown.code).toBe(EXIT.failed);
  expect(unknown.stderr).toContain('There is no agent "lorn"');
});

test('a candidate without playback gets an error that says how to start it, and so does a missing one', async () => {
  const { code, stderr } = await run(replayOf(cassettes, '--url', service.url, '--port', '0'));
  expect(code).toBe(EXIT.failed);
  expect(stderr).toMatch(/sent no request to them[\s\S]*LORNU_REPLAY_URL=http/u);
  expect((await run(replayOf(cassettes, '--url', 'http://127.0.0.1:1', '--port', '0'))).stderr).toContain(
    'gives no list of its agents',
  );
});

test('what a change does to tokens and cost is written as one comment, beside others of ours', async () => {
  const comments = [
    { id: 1, body: '<!-- lornu: plan of terraform/aws/staging -->', user: { type: 'Bot' }, html_url: 'plan' },
  ];
  const github = serveHere(async (request) => {
    if (request.method === 'GET') return Response.json(comments);
    const { body } = (await request.json()) as { body: string };
    const found = comments.find(({ id }) => request.url.endsWith(`/comments/${id}`));
    if (found) return Response.json(Object.assign(found, { body }));
    comments.push({ id: comments.length + 1, body, user: { type: 'Bot' }, html_url: 'replay' });
    return Response.json(comments.at(-1));
  });
  const env = {
    GITHUB_API_URL: `http://127.0.0.1:${github.port}`,
    GITHUB_REPOSITORY: 'lornu-ai/lornu-aws-staging',
    GITHUB_TOKEN: 'a-token',
  };
  const argv = ['replay', '--against', 'HEAD', '--pull-request', '7'];
  for (let time = 1; time <= 2; time++) {
    const { code, stderr } = await run(argv, env);
    expect([code, stderr.trimEnd().endsWith('\nreplay')]).toEqual([EXIT.ok, true]);
    expect(comments).toHaveLength(2);
  }
  expect(comments[0]?.body).toBe('<!-- lornu: plan of terraform/aws/staging -->');
  expect(comments[1]?.body).toMatch(/\| lornu \| \d+ \| 0 \| \d+ \| [\d,]+ \| [\d,]+ \| \d+\.\d{3} USD \|/u);
  await github.stop(true);
  expect((await run([...argv.slice(0, -4), '--against', 'no-such-commit'], env)).stderr).toContain(
    'This checkout has no commit no-such-commit.',
  );
});
