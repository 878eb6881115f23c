import { type ContractCase, inSession, several, single } from '../case.ts';

const MAPS = [
  { map: 'of the session', key: 'text', most: 768 * 1024 },
  { map: 'of the user', key: 'user:text', most: 128 * 1024 },
  { map: 'of the app', key: 'app:text', most: 128 * 1024 },
];
/** Of a map with one text: {"text":"…"} without its prefix. */
const FRAME = '{"text":""}'.length;
const ARTIFACTS = '/apps/probe/users/{user}/sessions/s/artifacts';

/** Limits that both have, with the same messages: states in bytes, lists in pages, bytes in flight. */
export const BOUND_CASES: ContractCase[] = [
  ...MAPS.flatMap(({ map, key, most }): ContractCase[] => {
    // Two bytes per character, so that a limit in characters would be noticed.
    const largest = 'é'.repeat(Math.floor((most - FRAME) / 2));
    const state = (text: string) => ({ [key]: text });
    return [
      several(`a state ${map} that is as large as it may be, and larger`, async (caller) => {
        await caller.send('POST', caller.sessionsPath, {
          json: { sessionId: 'a', state: state(`${largest}é`) },
        });
        await caller.stored('a');
        // Restore what all cases share.
        const isShared = key.startsWith('app:');
        await caller.begin('b', isShared ? {} : state('x'));
        await caller.send('PATCH', `${caller.sessionsPath}/b`, {
          json: { stateDelta: state(`${largest}é`) },
        });
        await caller.stored('b');
        if (isShared) return;
        await caller.send('PATCH', `${caller.sessionsPath}/b`, { json: { stateDelta: state(largest) } });
        await caller.send('PATCH', `${caller.sessionsPath}/b`, {
          json: { stateDelta: { ...state('x'), [`${key}2`]: largest } },
        });
        await caller.stored('b');
      }),
    ];
  }),
  several('lists in pages: sessions', async (caller) => {
    for (let n = 0; n < 5; n++) await caller.begin(`s${n}`, { n });
    await caller.pages(caller.sessionsPath, 2);
    await caller.pages(caller.sessionsPath, 5);
    await caller.send('GET', caller.sessionsPath);
    for (const query of ['limit=0', 'limit=x', 'limit=-1', 'limit=', 'cursor=x', 'cursor=W10', 'limit=2000'])
      await caller.send('GET', `${caller.sessionsPath}?${query}`);
  }),
  several('lists in pages: sessions whose states are large', async (caller) => {
    for (let n = 0; n < 5; n++) await caller.begin(`s${n}`, { text: 'x'.repeat(700_000) });
    await caller.pages(caller.sessionsPath, 4);
    await caller.send('GET', caller.sessionsPath);
  }),
  inSession('lists in pages: artifacts and their versions', async (caller) => {
    const artifacts = ARTIFACTS.replace('{user}', caller.userId);
    for (const filename of ['a', 'b', 'c', 'a', 'a'])
      await caller.send('POST', artifacts, { json: { filename, artifact: { text: filename } } });
    for (const path of [artifacts, `${artifacts}/a/versions`, `${artifacts}/a/versions/metadata`]) {
      await caller.pages(path, 2);
      await caller.send('GET', `${path}?cursor=x`);
    }
  }),
  ...['', '/a/versions', '/a/versions/metadata'].map((path) =>
    single(`a page of no members of artifacts${path}`, 'GET', `${ARTIFACTS}${path}?limit=0`),
  ),
  inSession('a body beside another large one of the same caller', async (caller) => {
    const artifacts = ARTIFACTS.replace('{user}', caller.userId);
    const { giveUp } = await caller.announce(artifacts, 40_000_000);
    const text = 'x'.repeat(12_000_000);
    const newMessage = { parts: [{ text }] };
    await caller.send('POST', '/run', {
      json: { appName: 'probe', userId: caller.userId, sessionId: 's', newMessage },
    });
    giveUp();
    await caller.run('hello');
  }),
];
