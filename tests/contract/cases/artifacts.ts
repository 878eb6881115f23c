import { type ContractCase, inSession, several, single } from '../case.ts';
import type { Caller } from '../exchange.ts';

const PNG = 'iVBORw0KGgo-_-_8';
const path = (caller: Caller, rest = '') => `${caller.sessionsPath}/s/artifacts${rest}`;
const save = (caller: Caller, filename: unknown, artifact: unknown, more: Record<string, unknown> = {}) =>
  caller.send('POST', path(caller), { json: { filename, artifact, ...more } });
const text = (words: string) => ({ text: words });
const image = { inlineData: { mimeType: 'image/png', data: PNG } };

async function readEverywhere(caller: Caller, name: string): Promise<void> {
  for (const rest of [
    '',
    '?version=0',
    '/versions',
    '/versions/latest',
    '/versions/0',
    '/versions/metadata',
    '/versions/0/metadata',
    '/versions/latest/metadata',
  ]) {
    await caller.send('GET', path(caller, `/${name}${rest}`));
  }
}

/** All calls on files of a conversation. */
export const ARTIFACT_CASES: ContractCase[] = [
  inSession('a text is saved twice, read in every way, and deleted', async (caller) => {
    await save(caller, 'a.txt', text('one'));
    await save(caller, 'a.txt', text('two'), {
      customMetadata: { source_of: 'me', nestedKey: { a_b: 1 } },
    });
    await caller.send('GET', path(caller));
    await readEverywhere(caller, 'a.txt');
    await caller.send('GET', path(caller, '/a.txt/versions/1/metadata'));
    await caller.send('DELETE', path(caller, '/a.txt'));
    await caller.send('GET', path(caller));
    await readEverywhere(caller, 'a.txt');
    await caller.send('DELETE', path(caller, '/a.txt'));
  }),
  inSession('bytes are saved and read, a folder in the name', async (caller) => {
    await save(caller, 'pictures/small.png', image);
    await caller.send('GET', path(caller));
    await readEverywhere(caller, 'pictures/small.png');
    await caller.send('GET', path(caller, '/pictures%2Fsmall.png'));
  }),
  inSession('user: files belong to the person, others to the session', async (caller) => {
    await caller.begin('other');
    await save(caller, 'user:mine.txt', text('everywhere'));
    await save(caller, 'here.txt', text('here'));
    for (const session of ['s', 'other']) {
      await caller.send('GET', `${caller.sessionsPath}/${session}/artifacts`);
      await caller.send('GET', `${caller.sessionsPath}/${session}/artifacts/user:mine.txt`);
      await caller.send('GET', `${caller.sessionsPath}/${session}/artifacts/here.txt`);
    }
  }),
  inSession('snake_case in a saved artifact', async (caller) => {
    const artifact = { inline_data: { mime_type: 'text/csv', data: 'YSxi' } };
    await save(caller, 'a.csv', artifact, { custom_metadata: { k: 'v' } });
    await readEverywhere(caller, 'a.csv');
  }),
  several('an artifact of a session that is not there', async (caller) => {
    await save(caller, 'a.txt', text('one'));
    await caller.send('GET', path(caller));
  }),
  ...[
    { name: 'no name', json: { artifact: text('x') } },
    { name: 'no content', json: { filename: 'a.txt' } },
    { name: 'an empty part', json: { filename: 'a.txt', artifact: {} } },
    { name: 'an empty name', json: { filename: '', artifact: text('x') } },
    { name: 'a number for a name', json: { filename: 7, artifact: text('x') } },
    { name: 'a name that climbs out', json: { filename: '../../a.txt', artifact: text('x') } },
    { name: 'an absolute name', json: { filename: '/etc/a.txt', artifact: text('x') } },
    { name: 'an unknown field in the part', json: { filename: 'a.txt', artifact: { nonsense: 1 } } },
    { name: 'a function call', json: { filename: 'a.txt', artifact: { functionCall: { name: 'f' } } } },
  ].map(({ name, json }) =>
    single(`an artifact is saved with ${name}`, 'POST', '/apps/probe/users/{user}/sessions/s/artifacts', {
      json,
    }),
  ),
  ...[
    'none.txt',
    'none.txt?version=3',
    'none.txt?version=x',
    'a/versions/x',
    'a/versions/x/metadata',
    'a/versions',
    'a/versions/metadata',
  ].map((rest) =>
    single(
      `an artifact that is not there: ${rest}`,
      'GET',
      `/apps/probe/users/{user}/sessions/s/artifacts/${rest}`,
    ),
  ),
  inSession('a tool saves a file: its event comes in two frames', async (caller) => {
    await caller.runSse('call save_file with {"name":"note.txt","text":"kept"}');
    await caller.run('call save_file with {"name":"note.txt","text":"kept again"}');
    await caller.send('GET', path(caller, '/note.txt'));
    await caller.stored();
  }),
];

/** Memory: the text of a session is stored for later ones. */
export const MEMORY_CASES: ContractCase[] = [
  inSession('a session is added to memory', async (caller) => {
    await caller.run('hello');
    await caller.send('PATCH', `/apps/probe/users/${caller.userId}/memory`, { json: { sessionId: 's' } });
    await caller.send('PATCH', `/apps/probe/users/${caller.userId}/memory`, { json: { session_id: 's' } });
  }),
  ...[
    { name: 'an unknown session', json: { sessionId: 'none' } },
    { name: 'nothing', json: {} },
    { name: 'null', json: { sessionId: null } },
  ].map(({ name, json }) =>
    single(`memory takes ${name}`, 'PATCH', '/apps/probe/users/{user}/memory', { json }),
  ),
];
