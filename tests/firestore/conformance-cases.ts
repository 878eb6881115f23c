import { status } from '@lornu/standins/firestore/rpc-error.ts';
import { firestoreMethods } from '@lornu/standins/firestore/protocol.ts';
import type { Fields, Value } from '@lornu/standins/firestore/value.ts';
import { int, list, map, text, type ConformanceDb } from './conformance-db.ts';

/** One behaviour of Firestore, tested on an empty database. */
export interface ConformanceCase {
  title: string;
  ask: (db: ConformanceDb) => Promise<unknown>;
  is: unknown;
  /** It sends bytes that only gRPC can send. */
  isBytes?: true;
  /** Set if Google's emulator behaves differently from Firestore: what it does, and how we know. */
  googleEmulator?: { is: unknown; because: string };
}

const REFUSED = status.INVALID_ARGUMENT;

async function codes(db: ConformanceDb, all: [path: string, fields: Fields][]): Promise<unknown[]> {
  const told: unknown[] = [];
  for (const [path, fields] of all) told.push(await db.codeOf(db.set(path, fields)));
  return told;
}
const ids = async (db: ConformanceDb, names: string[]) =>
  codes(
    db,
    names.map((name) => [`ids/${name}`, {}]),
  );
const fields = async (db: ConformanceDb, all: Fields[]) =>
  codes(
    db,
    all.map((one) => ['fields/f', one]),
  );
const nested = (depth: number): Value => (depth === 0 ? int(1) : map({ d: nested(depth - 1) }));
const megabytes = (count: number) => (db: ConformanceDb) =>
  db.codeOf(
    db.commit(
      Array.from({ length: count }, (_, index) => ({
        update: { name: db.path(`large/${index}`), fields: { v: text('x'.repeat(1_000_000)) } },
      })),
    ),
  );

const REFUSALS: ConformanceCase[] = [
  {
    title: 'ids that are ".", "..", "__x__", empty or above 1,500 bytes are refused',
    ask: (db) => ids(db, ['.', '..', '__x__', '__a\nb__', '', 'a'.repeat(1_501), 'a'.repeat(1_500), '__x']),
    is: [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, 'OK', 'OK'],
  },
  {
    title: 'such ids are refused on reading too, but for long ones, which are not there',
    ask: async (db) => {
      const told: unknown[] = [];
      for (const id of ['.', '__x__', 'a'.repeat(1_501)]) told.push(await db.codeOf(db.get(`ids/${id}`)));
      return told;
    },
    is: [REFUSED, REFUSED, 'OK'],
  },
  {
    title: 'field names that are empty or "__x__", and field paths above 1,500 bytes, are refused',
    ask: (db) =>
      fields(db, [
        { '': int(1) },
        { __x__: int(1) },
        { '__a\nb__': int(1) },
        { l: list(map({ '': int(1) })) },
        { ['k'.repeat(1_501)]: int(1) },
        { ['k'.repeat(1_000)]: map({ ['k'.repeat(500)]: int(1) }) },
        { ['k'.repeat(1_000)]: map({ ['k'.repeat(499)]: int(1) }) },
        { ['k'.repeat(1_500)]: int(1) },
        { __x: int(1) },
      ]),
    is: [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, 'OK', 'OK', 'OK'],
  },
  {
    title: 'a value above 1,048,487 bytes, a document above 1 MiB and a list in a list are refused',
    ask: (db) =>
      fields(db, [
        { v: text('x'.repeat(1_048_488)) },
        { v: { bytesValue: Buffer.alloc(1_048_488) } },
        { v: text('x'.repeat(600_000)), w: text('x'.repeat(600_000)) },
        { v: list(list()) },
        { v: {} },
        { v: text('x'.repeat(1_048_487)) },
        { v: list(map({ inner: list(int(1)) })) },
      ]),
    is: [REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, 'OK', 'OK'],
  },
  {
    title: 'values nested deeper than 20 are refused',
    ask: (db) => fields(db, [{ d: nested(20) }, { d: nested(21) }]),
    is: ['OK', REFUSED],
  },
  {
    title: 'text that is not UTF-8 is refused, and nothing is stored',
    isBytes: true,
    ask: async (db) => {
      const { Commit } = await firestoreMethods();
      const update = { name: db.path('utf8/u'), fields: { t: text('QQQ') } };
      const bytes = Buffer.from(Commit!.requestSerialize({ database: db.name, writes: [{ update }] }));
      bytes.set([0xed, 0xa0, 0x80], bytes.indexOf('QQQ'));
      return [await db.codeOf(db.send(bytes)), await db.get('utf8/u')];
    },
    is: [status.UNKNOWN, undefined],
  },
  {
    title: 'a request of 3 MiB is taken',
    ask: megabytes(3),
    is: 'OK',
  },
  {
    title: 'a request above 10 MiB is refused as an argument, which no client sends again',
    ask: megabytes(11),
    is: REFUSED,
    googleEmulator: { is: status.RESOURCE_EXHAUSTED, because: 'its limit is 4 MiB a message' },
  },
  {
    title: 'more than 40,000 index entries a document are refused: two for each field',
    ask: (db) => {
      const many = (count: number): Fields =>
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, int(1)]));
      return fields(db, [many(20_000), many(20_001)]);
    },
    is: ['OK', REFUSED],
    googleEmulator: { is: ['OK', 'OK'], because: 'it has no indexes' },
  },
  {
    title: 'deleting more than 10 MiB with their index entries in one commit is too big',
    ask: async (db) => {
      const names = Array.from({ length: 11 }, (_, index) => db.path(`large/${index}`));
      for (const name of names)
        await db.commit([{ update: { name, fields: { v: text('x'.repeat(1_000_000)) } } }]);
      const remove = (some: string[]) => db.codeOf(db.commit(some.map((name) => ({ delete: name }))));
      return [await remove(names), await remove(names.slice(0, 5)), await remove(names.slice(5))];
    },
    is: [REFUSED, 'OK', 'OK'],
    googleEmulator: { is: ['OK', 'OK', 'OK'], because: 'it counts requests alone' },
  },
  {
    title: 'preconditions: absent, there already, another version',
    ask: async (db) => {
      await db.set('pre/there', {});
      return [
        await db.codeOf(db.set('pre/none', {}, { currentDocument: { exists: true } })),
        await db.codeOf(db.set('pre/there', {}, { currentDocument: { exists: false } })),
        await db.codeOf(db.set('pre/there', {}, { currentDocument: { updateTime: { seconds: '5' } } })),
        await db.codeOf(db.commit([{ delete: db.path('pre/none') }])),
      ];
    },
    is: [status.NOT_FOUND, status.ALREADY_EXISTS, status.FAILED_PRECONDITION, 'OK'],
  },
];

const WRITES: ConformanceCase[] = [
  {
    title: 'a write that changes nothing keeps updateTime, and tells it',
    ask: async (db) => {
      await db.set('same/s', { x: int(1) });
      const before = await db.get('same/s');
      const { writeResults } = await db.set('same/s', { x: int(1) });
      const after = await db.get('same/s');
      const [result] = writeResults as { updateTime: unknown }[];
      return [after?.updateTime, result?.updateTime].map((time) => Bun.deepEquals(time, before?.updateTime));
    },
    is: [true, true],
  },
  {
    title: 'times are kept in microseconds; REQUEST_TIME has milliseconds, in maps too',
    ask: async (db) => {
      const updateTransforms = ['at', 'm.at'].map((fieldPath) => ({
        fieldPath,
        setToServerValue: 'REQUEST_TIME',
      }));
      const given = { timestampValue: { seconds: '1', nanos: 123_456_789 } };
      await db.set('times/t', { given }, { updateTransforms });
      const stored = (await db.get('times/t'))?.fields ?? {};
      const nanos = [stored['at'], stored['m']?.mapValue?.fields?.['at']].map(
        (value) => (value?.timestampValue?.nanos ?? 0) % 1e6,
      );
      return [stored['given']?.timestampValue?.nanos, ...nanos, Object.keys(stored).toSorted()];
    },
    is: [123_456_000, 0, 0, ['at', 'given', 'm']],
  },
  {
    title: 'a masked write replaces what it names, deletes what it does not give, and makes no empty maps',
    ask: async (db) => {
      await db.set('mask/m', { a: map({ b: int(1), c: int(2) }), kept: int(3) });
      const update = { name: db.path('mask/m'), fields: { a: map({ b: int(9) }) } };
      await db.commit([{ update, updateMask: { fieldPaths: ['a.b', 'a.c', 'q.r', 'kept.x'] } }]);
      return JSON.parse(
        JSON.stringify((await db.get('mask/m'))?.fields, (key, value) =>
          key === 'valueType' ? undefined : value,
        ),
      );
    },
    is: { a: map({ b: int(9) }), kept: int(3) },
  },
];

const VALUES: Record<string, Value> = {
  nul: { nullValue: 'NULL_VALUE' },
  b: { booleanValue: true },
  nan: { doubleValue: Number.NaN },
  n1: int(1),
  n2: { doubleValue: 2.5 },
  ts: { timestampValue: { seconds: '5' } },
  s1: text('a'),
  s2: text('b'),
  by: { bytesValue: Buffer.from('x') },
  geo: { geoPointValue: { latitude: 1, longitude: 2 } },
  l0: list(),
  l1: list(int(2)),
  l2: list(int(10)),
  m0: map({}),
  m1: map({ a: int(2) }),
  m2: map({ a: int(10) }),
};
const IN_ORDER = Object.keys(VALUES).join(' ');
const without = (...gone: string[]): string =>
  Object.keys(VALUES)
    .filter((id) => !gone.includes(id))
    .join(' ');

const NULL: Value = { nullValue: 'NULL_VALUE' };
const NAN: Value = { doubleValue: Number.NaN };
const where = (op: string, value: Value, fieldPath = 'v') => ({
  where: { fieldFilter: { field: { fieldPath }, op, value } },
});
const unary = (op: string) => ({ where: { unaryFilter: { field: { fieldPath: 'v' }, op } } });
const by = (fieldPath: string, direction = 'ASCENDING') => ({
  orderBy: [{ field: { fieldPath }, direction }],
});

/** Queries on a collection that holds a value of each type. */
const QUERIES: [title: string, query: Parameters<ConformanceDb['idsOf']>[0], found: string][] = [
  ['the order of types, lists and maps by their parts', by('v'), IN_ORDER],
  ['and backwards', by('v', 'DESCENDING'), IN_ORDER.split(' ').toReversed().join(' ')],
  ['> stays with its type: numbers', where('GREATER_THAN', int(1)), 'n2'],
  ['<= stays with its type: numbers without NaN', where('LESS_THAN_OR_EQUAL', VALUES['n2']!), 'n1 n2'],
  ['>= stays with its type: texts', where('GREATER_THAN_OR_EQUAL', text('a')), 's1 s2'],
  ['> stays with its type: lists', where('GREATER_THAN', list(int(1))), 'l1 l2'],
  ['> stays with its type: maps', where('GREATER_THAN', map({ a: int(1) })), 'm1 m2'],
  ['nothing is above null', where('GREATER_THAN', NULL), ''],
  ['nothing is above NaN', where('GREATER_THAN', NAN), ''],
  ['nothing equals NaN', where('EQUAL', NAN), ''],
  ['!= finds every type but null', where('NOT_EQUAL', int(1)), without('nul', 'n1')],
  ['IN', where('IN', list(int(1), text('b'))), 'n1 s2'],
  ['NOT_IN', where('NOT_IN', list(int(1), text('b'))), without('nul', 'n1', 's2')],
  ['ARRAY_CONTAINS', where('ARRAY_CONTAINS', int(2)), 'l1'],
  ['ARRAY_CONTAINS_ANY', where('ARRAY_CONTAINS_ANY', list(int(2), int(10))), 'l1 l2'],
  ['a field in a map', where('EQUAL', int(2), 'v.a'), 'm1'],
  ['IS_NULL', unary('IS_NULL'), 'nul'],
  ['IS_NOT_NULL', unary('IS_NOT_NULL'), without('nul')],
  ['IS_NAN', unary('IS_NAN'), 'nan'],
  ['IS_NOT_NAN', unary('IS_NOT_NAN'), without('nul', 'nan')],
  [
    'OR',
    {
      where: {
        compositeFilter: {
          op: 'OR',
          filters: [where('EQUAL', int(1)).where, where('EQUAL', text('b')).where],
        },
      },
    },
    'n1 s2',
  ],
];

async function store(db: ConformanceDb): Promise<void> {
  await db.commit(
    Object.entries(VALUES).map(([id, v]) => ({
      update: { name: db.path(`values/${id}`), fields: { v, w: int(1) } },
    })),
  );
}

const READS: ConformanceCase[] = [
  ...QUERIES.map(([title, query, found]) => ({
    title: `query: ${title}`,
    ask: async (db: ConformanceDb) => {
      await store(db);
      return db.idsOf(query);
    },
    is: found,
  })),
  {
    title: 'query: by name backwards is refused',
    ask: (db) => db.codeOf(db.idsOf(by('__name__', 'DESCENDING'))),
    is: status.FAILED_PRECONDITION,
  },
  {
    title: 'query: select gives the fields that it names, or none',
    ask: async (db) => {
      await store(db);
      const one = { from: [{ collectionId: 'values' }], limit: { value: 1 } };
      const found = [
        ...(await db.query({ ...one, select: { fields: [{ fieldPath: 'w' }] } })),
        ...(await db.query({ ...one, select: { fields: [{ fieldPath: '__name__' }] } })),
      ];
      return found.map((document) => Object.keys(document.fields ?? {}));
    },
    is: [['w'], []],
  },
  {
    title: 'query: count',
    ask: async (db) => {
      await store(db);
      return db.count('values');
    },
    is: '16',
  },
];

export const CASES: readonly ConformanceCase[] = [...REFUSALS, ...WRITES, ...READS];
