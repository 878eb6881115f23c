import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { runCaptured, type CapturedRun } from '@lornu/cli/captured-run.ts';
import { startFirestoreStandin } from '@lornu/standins/firestore/server.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attach, readStream, type Conversation } from './client.ts';
import { Cluster } from './cluster.ts';
import { createSession } from './create-session.ts';
import { postJson } from '../support/post-json.ts';
import { serveHere } from '../support/serve-here.ts';

// Bundles and real processes.
/** `lornu runs` as an operator types it, against one process of the service. */
const lornuRuns = async (url: string, ...argv: string[]): Promise<CapturedRun> =>
  runCaptured(['runs', argv[0] ?? 'list', '--url', url, ...argv.slice(1)]);

const STORES = [
  { name: 'SQLite', environment: async () => ({ environment: {}, stop: () => undefined }) },
  {
    name: 'Firestore',
    environment: async () => {
      const standin = await startFirestoreStandin();
      const environment = {
        LORNU_SESSION_STORE: 'firestore',
        FIRESTORE_EMULATOR_HOST: standin.host,
        FIRESTORE_DATABASE: 'staging',
        GOOGLE_CLOUD_PROJECT: 'lornu-test',
      };
      return { environment, stop: () => standin.stop() };
    },
  },
];

describe.each(STORES)('an operator at two processes on $name', ({ environment }) => {
  let cluster: Cluster;
  let stopStore: () => void;
  let here = '';
  let there = '';

  beforeAll(async () => {
    const store = await environment();
    stopStore = store.stop;
    cluster = await Cluster.start(2, { ...store.environment, LORNU_DRAIN_MS: '300' });
    [here, there] = [cluster.urlOf(0), cluster.urlOf(1)];
  });
  afterAll(async () => {
    await cluster?.stop();
    stopStore?.();
  });

  async function begin(baseUrl: string, userId: string): Promise<Conversation & { runId: string }> {
    const made = { baseUrl, appName: 'lornu', userId, sessionId: `of-${userId}` };
    await createSession(made);
    const answer = await say(made, 'count to 900 every 50 ms');
    expect(answer.status).toBe(200);
    return { ...made, runId: answer.headers.get('lornu-run-id') ?? '' };
  }

  async function say({ baseUrl, ...session }: Conversation, text: string): Promise<Response> {
    const { appName, userId, sessionId } = session;
    const newMessage = { role: 'user', parts: [{ text }] };
    return postJson(`${baseUrl}/run_sse`, { appName, userId, sessionId, streaming: true, newMessage });
  }

  test('finds a runaway of the other process with one command and ends it with the next', async () => {
    const runaway = await begin(there, 'ann');
    const other = await begin(here, 'bob');
    const listed = await lornuRuns(here);
    expect([listed.code, listed.stderr]).toEqual([0, '']);
    const lines = listed.stdout.split('\n');
    expect(lines[0]).toMatch(/^RUN +AGENT +USER +SESSION +STATE +AGE +SILENT +TOKENS +TAKEOVERS$/);
    const line = lines.find((text) => text.includes(' ann ')) ?? '';
    expect(line).toMatch(
      new RegExp(`^${runaway.runId}  lornu  ann +of-ann +running +\\d+s +\\d+s +\\d+ +0$`),
    );
    expect(listed.stdout).toEndWith('\n2 running, 0 queued.\n');

    const stopped = await lornuRuns(here, 'stop', runaway.runId, '--sentence', 'Too long.');
    expect(stopped).toEqual({ code: 0, stdout: 'Stopped: 1.\n', stderr: '' });
    const frames = [];
    for await (const frame of readStream(await attach(runaway, runaway.runId))) frames.push(frame);
    expect(frames.slice(-2)).toMatchObject([
      { data: { interrupted: true } },
      { data: { errorCode: 'STOPPED_BY_OPERATOR', errorMessage: 'Too long.' } },
    ]);
    const left = await lornuRuns(here, 'list', '--json');
    expect(JSON.parse(left.stdout)).toMatchObject({ runs: [{ id: other.runId, state: 'running' }] });

    expect((await lornuRuns(there, 'stop', '--user', 'nobody')).stdout).toBe(
      'Nothing to stop: it has ended.\n',
    );
    expect((await lornuRuns(there, 'stop', '--all')).stdout).toBe('Stopped: 1.\n');
    expect((await lornuRuns(here)).stdout).toBe('Nothing runs.\n');
  });

  test('refuses new turns in both, lets the running one go on, and takes turns again', async () => {
    await lornuRuns(here, 'stop', '--all');
    const running = await begin(there, 'eve');
    await createSession({ ...running, sessionId: 'new' });
    const refused = await lornuRuns(here, 'refuse', '--sentence', 'Back at noon.', '--retry-after', '90');
    expect(refused.code).toBe(0);
    expect(refused.stdout).toMatch(
      /^New turns are refused since \S+Z, by local\. Callers read, and come again after 1m 30s:\n {2}Back at noon\.\n/,
    );
    // What the second process had read before may be a second old.
    const answers: Response[] = [];
    for (const baseUrl of [here, there]) {
      let answer = await say({ ...running, baseUrl, sessionId: 'new' }, 'hello');
      for (let look = 0; answer.status === 200 && look < 20; look++) {
        await answer.text();
        await Bun.sleep(100);
        answer = await say({ ...running, baseUrl, sessionId: 'new' }, 'hello');
      }
      answers.push(answer);
    }
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '90']);
      expect(await answer.json()).toEqual({ detail: 'Back at noon.' });
    }
    const { runs, maintenance } = JSON.parse((await lornuRuns(there, 'list', '--json')).stdout);
    expect(runs).toMatchObject([{ id: running.runId, state: 'running' }]);
    expect(maintenance).toMatchObject({ refusesNewTurns: true, sentence: 'Back at noon.', by: 'local' });

    expect((await lornuRuns(there, 'allow')).stdout).toBe('New turns are taken.\n');
    await lornuRuns(here, 'stop', '--all');
    let again = await say({ ...running, baseUrl: here, sessionId: 'new' }, 'hello');
    for (let look = 0; again.status === 503 && look < 50; look++) {
      await Bun.sleep(100);
      again = await say({ ...running, baseUrl: here, sessionId: 'new' }, 'hello');
    }
    expect(again.status).toBe(200);
  });

  test('does what docs/operations.md tells, command by command', async () => {
    const page = await Bun.file(join(import.meta.dir, '../../docs/operations.md')).text();
    const section = /^## Stop turns, refuse new ones$([\s\S]*?)^## /m.exec(page)?.[1] ?? '';
    const commands = [...section.matchAll(/`\.\/lornu runs ([^`]+)`/g)].map(([, words = '']) => words);
    expect(commands.length).toBeGreaterThan(6);
    const { runId } = await begin(there, 'fay');
    for (const command of commands) {
      const words = command.replace('RUN', runId).replace('USER', 'fay');
      const argv = [...words.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
      const { code, stderr } = await lornuRuns(here, ...argv);
      expect([command, code, stderr]).toEqual([command, 0, '']);
    }
    expect((await lornuRuns(there)).stdout).toBe('Nothing runs.\n');
  });
});

describe('lornu runs', () => {
  test.each([
    ['nothing', []],
    ['a run and all', ['r1', '--all']],
    ['a user and all', ['--user', 'ann', '--all']],
    ['a run and an agent', ['r1', '--app', 'lornu']],
  ])('stop refuses %s before it asks anybody', async (_what, argv) => {
    const { code, stderr } = await lornuRuns('http://127.0.0.1:9', 'stop', ...argv);
    expect(code).toBe(2);
    expect(stderr).toContain('The command needs the id of one run, --app or --user (or both), or --all.');
  });

  test('says that nobody answers, and what to do', async () => {
    const { code, stderr } = await lornuRuns('http://127.0.0.1:9');
    expect(code).toBe(3);
    expect(stderr).toContain('http://127.0.0.1:9 does not answer.');
    expect(stderr).toContain('./lornu up');
  });

  test('tells the refusal of the service in its words', async () => {
    const asked: (string | null)[] = [];
    const server = serveHere(({ headers }) => {
      asked.push(headers.get('authorization'));
      return Response.json({ detail: 'This caller is not allowed to do that' }, { status: 403 });
    });
    const folder = mkdtempSync(join(tmpdir(), 'operator-'));
    const file = join(folder, 'token');
    writeFileSync(file, 'a.b.c\n');
    const { code, stderr } = await lornuRuns(server.url.origin, 'allow', '--token-file', file);
    expect(code).toBe(1);
    expect(stderr).toContain('This caller is not allowed to do that');
    expect(stderr).toContain('operator_emails');
    expect(asked).toEqual(['Bearer a.b.c']);
    writeFileSync(file, 'a.b.c\nx: y');
    const odd = await lornuRuns(server.url.origin, 'allow', '--token-file', file);
    rmSync(folder, { recursive: true });
    await server.stop(true);
    expect([odd.code, asked.length]).toEqual([2, 1]);
    expect(odd.stderr).toContain('does not contain exactly one token on one line');
  });
});
