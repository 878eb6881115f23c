import { MODEL } from '@lornu/agents/model.ts';
import { describe, expect, test } from 'bun:test';
import type { StreamPart, WireEvent } from '../conversation.ts';
import type { Outcome, Verdict } from '../check.ts';
import { judgeCancel } from './cancel.ts';
import { judgeDatabase } from './database.ts';
import { judgeForged } from './forged-certificate.ts';
import { judgeHeaders } from './headers.ts';
import { judgeHealth } from './health.ts';
import { judgeInside } from './inside.ts';
import { judgePeer } from './peer.ts';
import { judgeReady } from './ready.ts';
import { judgeRedirect } from './redirect.ts';
import { judgeResume } from './resume.ts';
import { judgeSignIn } from './sign-in.ts';
import { judgeIdleTimeout, judgeSilence } from './silent-stream.ts';
import { judgeTls } from './tls.ts';
import { judgeTokens, spoil } from './tokens.ts';
import { judgeTurn } from './turn.ts';
import { judgeVersion } from './version.ts';

// Every judge passes once, and fails for each thing that it checks.

/** A row: name, input, expected outcome, text that the sentence must contain. */
type Row<T> = [name: string, seen: T, outcome: Outcome, told?: string];

function judges<T>(name: string, judge: (seen: T) => Verdict, rows: Row<T>[]): void {
  describe(name, () => {
    for (const [what, seen, outcome, told] of rows) {
      test(`${what}: ${outcome}`, () => {
        const verdict = judge(seen);
        expect(verdict.outcome).toBe(outcome);
        if (told) expect(verdict.seen).toContain(told);
      });
    }
  });
}

judges('health', judgeHealth, [
  [
    'an answer',
    { status: 200, body: '{"status":"ok"}', elapsedMs: 3.4 },
    'passed',
    '200 {"status":"ok"} after 3 ms',
  ],
  ['no target', { status: 503, body: '', elapsedMs: 3 }, 'failed', '503'],
]);

const NEW = 'arn:aws:ecs:eu-central-1:1:task-definition/agent:2';
const OLD = 'arn:aws:ecs:eu-central-1:1:task-definition/agent:1';
const six = (revision: string | undefined) => Array.from({ length: 6 }, () => revision);
const deployed = { taskDefinition: NEW, revision: 'new', running: [NEW, NEW], rollout: 'COMPLETED' };
const seenVersion = { served: six('new'), asked: undefined, deployed };
judges('version', judgeVersion, [
  ['all of the deployed one', seenVersion, 'passed', '2 of 2 tasks run agent:2'],
  ['one task of the old one', { ...seenVersion, served: ['old', ...six('new')] }, 'failed', 'old, new'],
  [
    'an old task still runs',
    { ...seenVersion, deployed: { ...deployed, running: [NEW, OLD] } },
    'failed',
    '1 of 2',
  ],
  ['nothing runs', { ...seenVersion, deployed: { ...deployed, running: [] } }, 'failed', '0 of 0'],
  ['rolled back', { ...seenVersion, asked: 'newer' }, 'failed', 'names revision new'],
  ['no answer', { ...seenVersion, served: six(undefined) }, 'failed', 'no answer'],
  ['asked for, without the account', { ...seenVersion, asked: 'new', deployed: undefined }, 'passed'],
  ['asked for, and another one is served', { ...seenVersion, asked: 'x', deployed: undefined }, 'failed'],
  ['nothing to compare with', { ...seenVersion, deployed: undefined }, 'absent'],
]);

judges('database', judgeDatabase, [
  ['both say staging', { served: 'staging', deployed: 'staging', hasAccount: true }, 'passed'],
  ['the service alone', { served: 'staging', deployed: undefined, hasAccount: false }, 'passed'],
  [
    'the service says another',
    { served: 'production', deployed: 'staging', hasAccount: true },
    'failed',
    'production',
  ],
  [
    'the account says another',
    { served: 'staging', deployed: '(default)', hasAccount: true },
    'failed',
    '(default)',
  ],
  ['the service says none', { served: undefined, deployed: 'staging', hasAccount: true }, 'absent'],
  ['nobody says', { served: undefined, deployed: undefined, hasAccount: false }, 'absent', 'AWS credentials'],
]);

const dependency = { name: 'sessions', state: 'ok' };
judges('ready', judgeReady, [
  ['all reached', { status: 200, answer: { dependencies: [dependency] } }, 'passed', 'sessions'],
  [
    'an optional one failed',
    {
      status: 200,
      answer: { dependencies: [dependency, { name: 'model', state: 'failed', reason: 'late' }] },
    },
    'failed',
    'model failed: late',
  ],
  [
    'one warns',
    { status: 200, answer: { dependencies: [{ name: 'model', state: 'ok', warning: 'it goes in 2 days' }] } },
    'passed',
    'model: it goes in 2 days',
  ],
  ['it drains', { status: 503, answer: { dependencies: [dependency] } }, 'failed', '503'],
  ['nothing listed', { status: 200, answer: { dependencies: [] } }, 'failed'],
  ['something else', { status: 200, answer: { hello: 1 } }, 'failed', 'no list'],
]);

const peerSeen = (state: string, without = false) => ({
  answer: { dependencies: [dependency, { name: 'peer', state, reason: 'late' }] },
  without,
});
judges('peer', judgePeer, [
  ['reached', peerSeen('ok'), 'passed'],
  ['out of reach', peerSeen('failed'), 'failed', 'late'],
  ['not part of a rehearsal', peerSeen('failed', true), 'absent', 'not part of this rehearsal'],
  ['none is configured', { answer: { dependencies: [dependency] }, without: false }, 'not offered'],
]);

let clockMs = 0;
const frame = (index: number, text: string, partial = true, event: WireEvent = {}): StreamPart => ({
  kind: 'frame',
  id: `run:${index}`,
  index,
  atMs: (clockMs += 10),
  event: { partial, content: { parts: [{ text }] }, modelVersion: MODEL, ...event },
});
const comment = (text: string): StreamPart => ({ kind: 'comment', text, atMs: (clockMs += 10) });
const atOnce = (parts: StreamPart[]) => parts.map((part) => ({ ...part, atMs: 1 }));
const answer = [frame(0, 'one '), frame(1, 'two'), frame(2, 'one two', false), comment('run completed')];
const by = (modelVersion: string) =>
  answer.map((part) => (part.kind === 'frame' ? { ...part, event: { ...part.event, modelVersion } } : part));
judges('turn', (parts: StreamPart[]) => judgeTurn(parts), [
  ['pieces over time', answer, 'passed', `by ${MODEL}`],
  [
    'a stand-in, which is named',
    [...answer.slice(0, 2), frame(2, 'one two', false, { modelVersion: 'stand-in for gemini' })],
    'passed',
    'by a stand-in for gemini, not Gemini itself',
  ],
  ['all in one piece', [frame(0, 'one two', false)], 'failed', '0 pieces'],
  ['everything at once', atOnce(answer), 'failed', 'over 0.0 s'],
  ['no text', [frame(0, ''), frame(1, '')], 'failed', '0 characters'],
  ['an error in the stream', [frame(0, 'one '), frame(1, '', false, { errorCode: '429' })], 'failed', '429'],
  ['nothing', [], 'failed'],
]);
judges('turn of a named model', (parts: StreamPart[]) => judgeTurn(parts, MODEL), [
  ['answered by it', answer, 'passed'],
  ['answered by its stand-in', by(`stand-in for ${MODEL}`), 'passed', 'not Gemini itself'],
  ['answered by another', by('gemini-3.5-flash-lite'), 'failed', `lite, though ${MODEL} is asked`],
]);

const resumed = (before: StreamPart[], after: StreamPart[]) => ({ before, after });
judges('resume', ({ before, after }: ReturnType<typeof resumed>) => judgeResume(before, after), [
  ['every frame once', resumed(answer.slice(0, 1), answer.slice(1)), 'passed', '1 frames, then 2 after'],
  ['a frame is missing', resumed(answer.slice(0, 1), answer.slice(2)), 'failed', 'frame 2 came as number 1'],
  ['a frame comes twice', resumed(answer.slice(0, 2), answer.slice(1)), 'failed', 'frame 1 came as number 2'],
  [
    'words are missing',
    resumed(answer.slice(0, 1), [frame(1, 'too'), ...answer.slice(2)]),
    'failed',
    'not the text',
  ],
  ['nothing after it', resumed(answer.slice(0, 3), [comment('run completed')]), 'failed'],
  ['interrupted', resumed(answer.slice(0, 1), [...answer.slice(1, 3), comment('run interrupted')]), 'failed'],
  ['cut again', resumed(answer.slice(0, 1), answer.slice(1, 3)), 'failed', 'no end'],
]);

judges('cancel', judgeCancel, [
  ['stopped', { state: 'cancelled', parts: [comment('run cancelled')] }, 'passed'],
  ['went on', { state: 'completed', parts: [comment('run completed')] }, 'failed'],
  ['the stream knows nothing', { state: 'cancelled', parts: [frame(0, 'x')] }, 'failed', 'no end'],
]);

const silence = { waitedS: 35, longestGapS: 15, wasCut: false, idleTimeoutS: 120 };
judges('silent stream', judgeSilence, [
  ['pings', silence, 'passed', 'every 15.0 s, idle timeout 120 s'],
  ['cut', { ...silence, wasCut: true }, 'failed', 'cut after 35.0 s'],
  ['pings that come too seldom', { ...silence, waitedS: 400, longestGapS: 130 }, 'failed'],
  ['no ping, watched for too short a time', { ...silence, waitedS: 10, longestGapS: 10 }, 'absent', '--wait'],
  ['no ping for longer than the idle timeout', { ...silence, waitedS: 130, longestGapS: 130 }, 'failed'],
]);
judges('idle timeout', judgeIdleTimeout, [
  ['waited out', { ...silence, waitedS: 130 }, 'passed', 'open after 130 s'],
  ['cut', { ...silence, waitedS: 121, wasCut: true }, 'failed'],
  ['not waited out', silence, 'absent', 'watched for 35 s only; --wait 130'],
]);

const tokens = { none: 401, wrong: { expired: 401, unsigned: 401 }, right: 200 };
judges('tokens', judgeTokens, [
  ['as it should be', tokens, 'passed', 'none 401, expired 401'],
  ['anyone may', { ...tokens, none: 200 }, 'failed'],
  ['one wrong one passes', { ...tokens, wrong: { expired: 401, unsigned: 200 } }, 'failed', 'unsigned 200'],
  ['a wrong one breaks something', { ...tokens, wrong: { expired: 500 } }, 'failed'],
  ['the right one is refused', { ...tokens, right: 401 }, 'failed'],
  ['none to try', { ...tokens, right: undefined }, 'absent', '--token-file'],
]);

test('a good token is spoiled in ways that must be refused', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = [part({ alg: 'RS256' }), part({ sub: 'x' }), 'AbCd'].join('.');
  const spoiled = spoil(token);
  expect(Object.keys(spoiled)).toEqual(['no token', 'wrong signature', 'unsigned']);
  expect(Object.values(spoiled)).not.toContain(token);
  expect(spoiled['wrong signature']?.split('.').slice(0, 2)).toEqual(token.split('.').slice(0, 2));
  expect(Object.keys(spoil(undefined))).toEqual(['no token']);
});

judges('forged certificate', judgeForged, [
  ['refused', { leaf: 400, subject: 400 }, 'passed'],
  ['one passes', { leaf: 400, subject: 200 }, 'failed', 'subject 200'],
]);

const hosts = ['lornu.example', '127.0.0.1'];
judges('redirect', (seen: { status: number; location: string | null }) => judgeRedirect(seen, hosts), [
  ['to the same place', { status: 301, location: 'https://lornu.example:443/health?from=http' }, 'passed'],
  ['for now only', { status: 302, location: 'https://lornu.example/health?from=http' }, 'failed'],
  ['to plain HTTP', { status: 301, location: 'http://lornu.example/health?from=http' }, 'failed'],
  ['to another host', { status: 301, location: 'https://evil.example/health?from=http' }, 'failed'],
  ['to the start', { status: 301, location: 'https://lornu.example/' }, 'failed'],
  ['it answers itself', { status: 200, location: null }, 'failed', '200 to nowhere'],
]);

const refused = 'protocol version';
const current = { TLSv1: refused, 'TLSv1.1': refused, 'TLSv1.2': undefined, 'TLSv1.3': undefined };
judges('tls', judgeTls, [
  ['current versions', current, 'passed', 'refused TLSv1 (protocol version)'],
  ['an old one too', { ...current, 'TLSv1.1': undefined }, 'failed', 'accepted TLSv1.1'],
  ['no 1.3', { ...current, 'TLSv1.3': refused }, 'failed'],
  [
    'a certificate of nobody',
    { TLSv1: 'x', 'TLSv1.1': 'x', 'TLSv1.2': 'x', 'TLSv1.3': 'x' },
    'failed',
    'none',
  ],
]);

const page = {
  'content-security-policy': "default-src 'none'; script-src 'self'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
};
const without = (name: keyof typeof page) =>
  Object.fromEntries(Object.entries(page).filter(([one]) => one !== name));
judges('headers', judgeHeaders, [
  ['all there', page, 'passed'],
  ...(Object.keys(page) as (keyof typeof page)[]).map((name): Row<Record<string, string>> => [
    `without ${name}`,
    without(name),
    'failed',
    `${name} is missing`,
  ]),
  ['a policy that lets everything in', { ...page, 'content-security-policy': 'default-src *' }, 'failed'],
  ['https remembered for a minute', { ...page, 'strict-transport-security': 'max-age=60' }, 'failed'],
  ['software is named', { ...page, 'x-powered-by': 'Express' }, 'failed', 'Express'],
  ['its version is named', { ...page, server: 'nginx/1.2' }, 'failed', 'nginx/1.2'],
]);

const here = new URL('https://lornu.example');
const issuer = (changes: Record<string, string> = {}, at = 'https://issuer.example/authorize') => {
  const url = new URL(at);
  const query = { code_challenge_method: 'S256', state: 's', redirect_uri: `${here.origin}/auth/callback` };
  for (const [name, value] of Object.entries({ ...query, ...changes })) url.searchParams.set(name, value);
  return { page: { status: 302, location: '/auth/login' }, login: { status: 302, location: url.href } };
};
judges('sign-in', (seen: Parameters<typeof judgeSignIn>[0]) => judgeSignIn(seen, here), [
  [
    'to the issuer',
    issuer(),
    'passed',
    'to https://issuer.example and back to https://lornu.example/auth/callback',
  ],
  ['the page is open', { page: { status: 200, location: null }, login: undefined }, 'failed', 'the page 200'],
  [
    'the issuer is out of reach',
    { ...issuer(), login: { status: 503, location: null } },
    'failed',
    'sign-in 503',
  ],
  ['without PKCE', issuer({ code_challenge_method: 'plain' }), 'failed', 'PKCE'],
  ['without state', issuer({ state: '' }), 'failed', 'state'],
  ['back to elsewhere', issuer({ redirect_uri: 'https://evil.example/' }), 'failed', 'evil.example'],
  ['round in a circle', issuer({}, `${here.origin}/authorize`), 'failed', 'back here'],
]);

const once = { exitCode: 0, stoppedReason: undefined, subnets: 2, elapsedMs: 900, isRehearsal: false };
judges('inside', judgeInside, [
  ['text came', once, 'passed', 'in one of 2 private subnets'],
  ['in a rehearsal, which is named', { ...once, isRehearsal: true }, 'passed', 'this machine'],
  ['no key', { ...once, exitCode: 20 }, 'failed', 'GEMINI_API_KEY'],
  ['no way out', { ...once, exitCode: 21 }, 'failed', 'out of reach'],
  ['refused', { ...once, exitCode: 22 }, 'failed', 'refused'],
  ['killed', { ...once, exitCode: 137, stoppedReason: 'OutOfMemory' }, 'failed', '137: OutOfMemory'],
  [
    'never placed',
    { ...once, exitCode: undefined, stoppedReason: 'CannotPullContainerError' },
    'failed',
    'CannotPullContainerError',
  ],
]);
