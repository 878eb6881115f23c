import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import { join, resolve } from 'node:path';
import { CardSigner } from '../../../backend/a2a/card/sign-card.ts';
import { fixedSecret } from '../../../backend/identity/secrets/secret.ts';
import { startIssuer } from './issuer.ts';
import { openFixture } from './fixture.ts';

// Starts two Python programs, possibly on a busy machine.
setDefaultTimeout(120_000);

const GCP_AGENT = resolve(import.meta.dir, '../../../gcp-agent');
const ANSWER = /^You said: hello\. I am the stand-in/;

/** The result of each scenario; a failed one has the text of its exception. */
type Found = Record<string, unknown>;

const fixture = await openFixture();
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
});
const signer = new CardSigner(fixedSecret(key));
const issuer = await startIssuer();
const [open, guarded] = [
  fixture.serve(),
  fixture.serve({ environment: issuer.environment, services: { signer } }),
];
const [found, legacy] = await Promise.all([
  runClients('clients.py', ['--frozen', '--with', 'pyjwt[crypto]==2.15.1'], [open.a2aUrl, guarded.a2aUrl]),
  runClients(
    'legacy_clients.py',
    ['--no-project', '--python', '3.11', '--with', 'a2a-sdk[http-server]==0.3.26'],
    [open.a2aUrl],
  ),
]);
afterAll(async () => {
  await fixture.close();
  await issuer.stop();
});

/** Runs one client program with the packages of gcp-agent/uv.lock. */
async function runClients(program: string, flags: string[], urls: string[]): Promise<Found> {
  const child = Bun.spawn(
    [
      'uv',
      'run',
      '--quiet',
      ...flags,
      'python',
      '-W',
      'ignore',
      join(import.meta.dir, 'python', program),
      ...urls,
    ],
    { cwd: GCP_AGENT, stdout: 'pipe', stderr: 'pipe' },
  );
  const [text, complaints] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(complaints.slice(-2_000));
  return JSON.parse(text) as Found;
}

describe.each([
  ['JSONRPC', '1.0'],
  ['JSONRPC', '0.3'],
  ['HTTP+JSON', '1.0'],
  ['HTTP+JSON', '0.3'],
])('a2a-sdk for Python over %s, A2A %s', (binding, version) => {
  const saw = (what: string) => found[`sdk ${binding} ${version} ${what}`];

  test('sends', () => {
    expect(saw('send')).toMatchObject({ first: 'task', text: expect.stringMatching(ANSWER) });
  });

  test('streams', () => {
    expect(saw('stream')).toMatchObject({
      first: 'task',
      kinds: ['artifact_update', 'status_update', 'task'],
      text: expect.stringMatching(ANSWER),
      states: ['TASK_STATE_COMPLETED'],
    });
  });

  test('cancels', () => {
    expect(saw('cancel')).toBe('TASK_STATE_CANCELED');
  });

  test('resubscribes', () => {
    expect(saw('subscribe')).toMatchObject({ first: 'task', states: ['TASK_STATE_COMPLETED'], same: true });
  });

  test('is asked, answers, and continues in the same task', () => {
    expect(saw('confirm')).toEqual({
      asked: 'adk_request_confirmation',
      states: ['TASK_STATE_INPUT_REQUIRED', 'TASK_STATE_COMPLETED'],
      same: true,
    });
  });

  // Over 0.3's REST the Python SDK encodes bytes twice; the specification and the JavaScript SDK do it once.
  if (binding === 'JSONRPC' || version === '1.0')
    test('sends files, and gets those that the agent makes', () => {
      expect(saw('files')).toEqual({
        state: 'TASK_STATE_COMPLETED',
        made: [['environment-status.svg', 'image/svg+xml']],
      });
    });

  if (version === '1.0')
    test('lists', () => {
      expect(saw('list')).toEqual({ count: 1, more: true });
    });
});

test.each(['JSONRPC', 'HTTP+JSON'])(
  'a2a-sdk 0.3 for Python streams, cancels, resubscribes, and is asked, over %s',
  (binding) => {
    expect(legacy[binding]).toEqual({
      text: expect.stringMatching(ANSWER),
      states: ['completed', 'canceled', 'completed', 'input-required'],
    });
  },
);

test("google-adk's RemoteA2aAgent works with our server, and answers our questions", () => {
  expect(found['adk say']).toEqual({ text: expect.stringMatching(ANSWER), errors: [] });
  expect(found['adk confirm']).toEqual({ asked: 'adk_request_confirmation', answered: true });
});

test('the Python SDK accepts our signature, and refuses that of a changed card', () => {
  expect(found['signature']).toEqual({ schemes: 2, tampered: 'InvalidSignaturesError' });
});
