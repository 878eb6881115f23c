import type { Session } from '@google/adk';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { SessionSummary } from '../../backend/sessions/session-store.ts';
import { toSessionJson, toWire } from '../../backend/events/wire.ts';
import { event, KINDS, wireEvent, type Wire } from './events.ts';
import { fromWire } from '../../backend/events/wire.ts';
import { openFixture, type FirestoreFixture } from './fixture.ts';

let fixture: FirestoreFixture;
const key = (sessionId: string, userId = 'ann') => ({ appName: 'lornu', userId, sessionId });
const python = (sessionId: string, userId = 'ann') => ({
  app_name: 'lornu',
  user_id: userId,
  session_id: sessionId,
});
const ours = async (sessionId: string): Promise<Session> =>
  (await fixture.another().getSession(key(sessionId)))!;
const shown = (session: Session): Wire => JSON.parse(toSessionJson(session)) as Wire;
const eventsOf = (session: Session): Wire[] => session.events.map(toWire);

beforeAll(async () => {
  fixture = await openFixture();
  // The first response takes as long as importing google-adk.
  await fixture.python.ask({ do: 'list', app_name: 'lornu', user_id: 'nobody' });
}, 120_000);
afterAll(() => fixture?.close());

describe('one conversation, two services', () => {
  test('an integer beyond 2^53 keeps its digits, whichever service wrote it and whichever writes later', async () => {
    const long = 1234567890123456789n;
    const call = (id: bigint): Wire => ({ functionCall: { id: 'c', name: 'f', args: { id } } });
    const session = await fixture.store.createSession({
      ...key('long', 'lea'),
      state: { own: long, 'user:mine': { n: long } },
    });
    await fixture.store.appendEvent({
      session,
      event: event({ content: { role: 'model', parts: [call(long)] } }),
    });
    await fixture.python.ask({
      do: 'append',
      ...python('long', 'lea'),
      events: [
        wireEvent({
          author: 'user',
          content: { role: 'model', parts: [call(-long)] },
          actions: { stateDelta: { theirs: long, 'user:theirs': [long] } },
        }),
      ],
    });
    const again = (await fixture.another().getSession(key('long', 'lea')))!;
    await fixture.store.appendEvent({
      session: (await fixture.store.getSession(key('long', 'lea')))!,
      event: event({ actions: { stateDelta: { more: 1, 'user:more': 1 } } }),
    });
    const theirs = await fixture.python.ask({ do: 'get', ...python('long', 'lea') });
    const kept = { own: long, theirs: long, 'user:mine': { n: long }, 'user:theirs': [long] };
    expect(again.state).toMatchObject(kept);
    expect(theirs.state).toMatchObject(kept);
    const argsOf = (events: Wire[]): unknown[] =>
      events.slice(0, 2).map(({ content }) => content.parts[0].functionCall.args.id);
    expect(argsOf(eventsOf(again))).toEqual([long, -long]);
    expect(argsOf(theirs.events)).toEqual([long, -long]);
  });

  test('google-adk reads every kind of event that we wrote as we do, and can continue there and back', async () => {
    const session = await fixture.store.createSession(key('ours'));
    for (const wire of KINDS)
      await fixture.store.appendEvent({ session, event: fromWire(structuredClone(wire)) });
    const theirs = await fixture.python.ask({ do: 'get', ...python('ours') });
    const back = shown(await ours('ours'));
    expect(theirs.events).toEqual(back['events']);
    expect(theirs.state).toEqual(back['state']);
    expect(back['state']).toEqual({
      plain: { innerKey: [1, null, 'x'] },
      camelKey: 1,
      'user:notes': ['a'],
      'app:motd': 'hi',
    });
    expect(back['events'][1].content.parts[0].functionCall.args).toEqual(
      KINDS[1]!['content'].parts[0].functionCall.args,
    );
    await fixture.python.ask({
      do: 'append',
      ...python('ours'),
      events: [
        wireEvent({ author: 'user', content: { role: 'user', parts: [{ text: 'from Google Cloud' }] } }),
      ],
    });
    const again = (await fixture.store.getSession(key('ours')))!;
    expect(toWire(again.events.at(-1)!)).toMatchObject({
      content: { parts: [{ text: 'from Google Cloud' }] },
    });
    await fixture.store.appendEvent({
      session: again,
      event: event({ content: { parts: [{ text: 'back' }] } }),
    });
    const last = await fixture.python.ask({ do: 'get', ...python('ours') });
    expect(last.events).toEqual(eventsOf(await ours('ours')));
    expect(last.events).toHaveLength(KINDS.length + 2);
  });

  test('we read every kind of event that google-adk wrote as it does, and can delete it', async () => {
    await fixture.python.ask({
      do: 'create',
      ...python('theirs'),
      state: { a: { bC: 1 }, 'user:u': 1, 'app:x': [1] },
    });
    await fixture.python.ask({ do: 'append', ...python('theirs'), events: KINDS });
    const session = await ours('theirs');
    const theirs = await fixture.python.ask({ do: 'get', ...python('theirs') });
    expect(eventsOf(session)).toEqual(theirs.events);
    expect(session.state).toEqual(theirs.state);
    await fixture.store.deleteSession(key('theirs'));
    expect(await fixture.python.ask({ do: 'get', ...python('theirs') })).toBeNull();
    const left = await fixture.standin.documents.all();
    expect(left.filter(({ name }) => name.includes('/theirs'))).toEqual([]);
  });

  test("both services' documents have the same fields of the same types", async () => {
    const wire = wireEvent({
      content: { role: 'model', parts: [{ text: 'x' }] },
      actions: { stateDelta: { k: 1 } },
    });
    const session = await fixture.store.createSession({ ...key('shape-1'), state: { s: 1 } });
    await fixture.store.appendEvent({ session, event: fromWire(structuredClone(wire)) });
    await fixture.python.ask({ do: 'create', ...python('shape-2'), state: { s: 1 } });
    await fixture.python.ask({ do: 'append', ...python('shape-2'), events: [wire] });
    const all = await fixture.standin.documents.all();
    const typesOf = (suffix: string): Wire => {
      const found = all.find(({ name }) => name.endsWith(suffix));
      return typesIn({ mapValue: { fields: found?.fields ?? {} } }) as Wire;
    };
    expect(typesOf('/shape-1')).toEqual(typesOf('/shape-2'));
    expect(Object.keys(typesOf('/shape-1')).toSorted()).toEqual([
      'appName',
      'createTime',
      'id',
      'revision',
      'state',
      'updateTime',
      'userId',
    ]);
    const id = wire['id'] as string;
    const [a, b] = [typesOf(`/shape-1/events/${id}`), typesOf(`/shape-2/events/${id}`)];
    // A whole number of seconds: Python's float stays a float, JavaScript has only one number type.
    delete a['event_data'].timestamp;
    delete b['event_data'].timestamp;
    expect(a).toEqual(b);
    expect(Object.keys(a).toSorted()).toEqual(['appName', 'event_data', 'timestamp', 'userId']);
  });

  test('a session deleted by one is gone for the other, and its id can be reused', async () => {
    const session = await fixture.store.createSession(key('reborn'));
    await fixture.store.appendEvent({ session, event: event({ content: { parts: [{ text: 'old' }] } }) });
    await fixture.python.ask({ do: 'delete', ...python('reborn') });
    expect(await fixture.store.getSession(key('reborn'))).toBeUndefined();
    await fixture.python.ask({ do: 'create', ...python('reborn') });
    await fixture.python.ask({
      do: 'append',
      ...python('reborn'),
      events: [wireEvent({ content: { parts: [{ text: 'new' }] } })],
    });
    const events = (await fixture.store.getSession(key('reborn')))!.events;
    expect(events.map(({ content }) => content?.parts?.[0]?.text)).toEqual(['new']);
    const code = await fixture.store.createSession(key('reborn')).catch((error) => error.code);
    expect(code).toBe('SESSION_EXISTS');
  });

  test('both list the same sessions of a user and of all users', async () => {
    for (let n = 0; n < 5; n++) await fixture.store.createSession({ ...key(`l${n}`, 'eve'), state: { n } });
    await fixture.python.ask({ do: 'create', ...python('l5', 'eve'), state: { n: 5, 'user:since': 1 } });
    const theirs = await fixture.python.ask({ do: 'list', app_name: 'lornu', user_id: 'eve' });
    const mine = (await fixture.store.listSummaries({ appName: 'lornu', userId: 'eve' })).sessions;
    const essence = ({ id, userId, state }: Wire) => ({ id, userId, state });
    expect(mine.toReversed().map(essence)).toEqual(theirs.map(essence));
    expect(mine.map(({ id }) => id)).toEqual(['l5', 'l4', 'l3', 'l2', 'l1', 'l0']);
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await fixture.store.listSummaries(
        { appName: 'lornu', userId: 'eve' },
        { limit: 4, ...(cursor ? { cursor } : {}) },
      );
      pages.push(page.sessions.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(pages).toEqual([
      ['l5', 'l4', 'l3', 'l2'],
      ['l1', 'l0'],
    ]);
    const all: SessionSummary[] = [];
    do {
      const page = await fixture.store.listSummaries(
        { appName: 'lornu' },
        { limit: 3, ...(cursor ? { cursor } : {}) },
      );
      expect(page.sessions.length).toBeLessThanOrEqual(3);
      all.push(...page.sessions);
      cursor = page.nextCursor;
    } while (cursor);
    expect(all.length).toBeGreaterThan(6);
    const allTheirs = await fixture.python.ask({ do: 'list', app_name: 'lornu' });
    expect(all.map(essence).toSorted(byId)).toEqual(allTheirs.map(essence).toSorted(byId));
    for (const owner of [{ appName: 'lornu', userId: 'eve' }, { appName: 'lornu' }]) {
      const refused = fixture.store.listSummaries(owner, { cursor: 'x' });
      expect(await refused.catch((error) => error.code)).toBe('BAD_CURSOR');
    }
  });

  test('only the newest events are read where only they are requested', async () => {
    const session = await fixture.store.createSession(key('recent'));
    for (let n = 0; n < 6; n++)
      await fixture.store.appendEvent({ session, event: event({ content: { parts: [{ text: `${n}` }] } }) });
    const config = { numRecentEvents: 2 };
    const mine = (await fixture.another().getSession({ ...key('recent'), config }))!;
    const theirs = await fixture.python.ask({
      do: 'get',
      ...python('recent'),
      config: { num_recent_events: 2 },
    });
    expect(eventsOf(mine)).toEqual(theirs.events);
    expect(mine.events).toHaveLength(2);
    const none = (await fixture.another().getSession({ ...key('recent'), config: { numRecentEvents: 0 } }))!;
    expect(none.events).toEqual([]);
  });
});

describe('two writers', () => {
  test('at once: exactly one is refused, on either side', async () => {
    for (let round = 0; round < 4; round++) {
      const id = `race-${round}`;
      await fixture.store.createSession(key(id));
      const mine = (await fixture.store.getSession(key(id)))!;
      await fixture.python.ask({ do: 'hold', as: id, ...python(id) });
      const outcomes = await Promise.allSettled([
        fixture.store.appendEvent({ session: mine, event: event({ author: 'user' }) }),
        fixture.python.ask({ do: 'append', as: id, ...python(id), events: [wireEvent({ author: 'user' })] }),
      ]);
      const lost = outcomes.filter(({ status }) => status === 'rejected');
      expect(lost).toHaveLength(1);
      expect(String((lost[0] as PromiseRejectedResult).reason)).toMatch(
        /StaleSessionError|Someone else has written/,
      );
      expect((await ours(id)).events).toHaveLength(1);
    }
  });

  test('the later one stays refused, and can write once it has read again', async () => {
    const late = await fixture.store.createSession(key('late'));
    await fixture.python.ask({ do: 'append', ...python('late'), events: [wireEvent({})] });
    for (let n = 0; n < 2; n++) {
      const code = await fixture.store
        .appendEvent({ session: late, event: event({}) })
        .catch((error) => error.code);
      expect(code).toBe('SESSION_CHANGED');
    }
    const fresh = (await fixture.store.getSession(key('late')))!;
    await fixture.store.appendEvent({ session: fresh, event: event({}) });
    expect((await fixture.python.ask({ do: 'get', ...python('late') })).events).toHaveLength(2);
  });

  test('a clock that is two seconds behind the other does not reorder later events', async () => {
    const nowS = Math.floor(Date.now() / 1000);
    await fixture.store.createSession(key('clocks'));
    await fixture.python.ask({
      do: 'append',
      ...python('clocks'),
      events: [wireEvent({ id: 'ahead', timestamp: nowS + 2 })],
    });
    const session = (await fixture.store.getSession(key('clocks')))!;
    for (const id of ['behind-1', 'behind-2'])
      await fixture.store.appendEvent({ session, event: event({ id, timestamp: nowS }) });
    const theirs = await fixture.python.ask({ do: 'get', ...python('clocks') });
    expect(theirs.events.map(({ id }: Wire) => id)).toEqual(['ahead', 'behind-1', 'behind-2']);
    expect(theirs.events[2].timestamp - theirs.events[1].timestamp).toBeCloseTo(1e-6, 6);
    // google-adk does not correct its own clock; both sides still see the same order, also with events in memory.
    await fixture.python.ask({
      do: 'append',
      ...python('clocks'),
      events: [wireEvent({ id: 'early', timestamp: nowS - 2 })],
    });
    const after = (await fixture.store.getSession(key('clocks')))!;
    expect(after.events.map(({ id }) => id)).toEqual(['early', 'ahead', 'behind-1', 'behind-2']);
  });
});

const byId = (a: { id: string; userId: string }, b: { id: string; userId: string }): number =>
  `${a.userId}/${a.id}` < `${b.userId}/${b.id}` ? -1 : 1;

/** The type of every value, at the value's place. */
function typesIn(value: Wire): unknown {
  if (value['mapValue']) {
    const fields = Object.entries((value['mapValue'].fields ?? {}) as Wire);
    return Object.fromEntries(fields.map(([name, inner]) => [name, typesIn(inner as Wire)]));
  }
  if (value['arrayValue']) return ((value['arrayValue'].values ?? []) as Wire[]).map(typesIn);
  return Object.keys(value).find((name) => name !== 'valueType');
}
