import { expect, test } from 'bun:test';
import { assertIndexed } from './index-needed.ts';
import { Indexes } from './indexes.ts';
import type { StructuredQuery } from './query.ts';
import {
  readConcurrencyMode,
  readIndexes,
  stagingConcurrencyMode,
  stagingIndexes,
} from './staging-database.ts';
import type { Value } from './value.ts';

const FILE = `
# A comment { with a brace
resource "google_firestore_database" "staging" {
  name = "staging"
  depends_on = [google_project_service.used]
}
resource "google_firestore_field" "unindexed" {
  for_each = {
    events = "event_data"
    states = "*"
  }
  collection = each.key
  field      = each.value
  index_config {}
}
resource "google_firestore_field" "kept" {
  for_each   = toset(["runs", "tasks"])
  collection = each.value
  field      = "expireTime"
  ttl_config {}
}
resource "google_firestore_field" "both" {
  collection = "sessions"
  field      = "app"
  index_config {
    indexes {
      order       = "ASCENDING"
      query_scope = "COLLECTION_GROUP"
    }
  }
}
resource "google_firestore_index" "runs" {
  collection = "runs"
  fields {
    field_path = "session"
    order      = "ASCENDING"
  }
  fields {
    field_path = "at"
    order      = "DESCENDING"
  }
}
resource "google_firestore_index" "words" {
  collection = "memories"
  fields {
    field_path = "app"
    order      = "ASCENDING"
  }
  fields {
    field_path   = "words"
    array_config = "CONTAINS"
  }
}
`;
const indexes = readIndexes(FILE);

const equal = (fieldPath: string, op = 'EQUAL') => ({
  fieldFilter: { field: { fieldPath }, op, value: { integerValue: '1' } },
});
const asked = (collectionId: string, filters: object[], ...orders: string[]): StructuredQuery => ({
  from: [{ collectionId }],
  where: { compositeFilter: { op: 'AND', filters } },
  orderBy: orders.map((order) => ({
    field: { fieldPath: order.replace('-', '') },
    direction: order.startsWith('-') ? 'DESCENDING' : 'ASCENDING',
  })),
});
const grouped = (query: StructuredQuery): StructuredQuery => ({
  ...query,
  from: query.from!.map((one) => ({ ...one, allDescendants: true })),
});

const SERVED: [string, StructuredQuery][] = [
  ['everything', asked('events', [])],
  ['one field', asked('events', [equal('timestamp', 'GREATER_THAN')], 'timestamp')],
  ['one field, backwards, and by name alike', asked('events', [], '-timestamp', '-__name__')],
  ['equalities on fields of their own', asked('runs', [equal('owner'), equal('cancel')])],
  ['the composite index', asked('runs', [equal('session')], '-at')],
  ['array-contains alone', asked('memories', [equal('words', 'ARRAY_CONTAINS')])],
  [
    'array-contains in a composite index',
    asked('memories', [equal('app'), equal('words', 'ARRAY_CONTAINS')]),
  ],
  ['a group whose index was made', grouped(asked('sessions', [equal('app')]))],
  ['a field whose automatic indexes stay beside its TTL', asked('runs', [equal('expireTime')])],
];
const REFUSED: [string, StructuredQuery][] = [
  ['an exempted field', asked('events', [equal('event_data')])],
  ['a part of an exempted map', asked('events', [equal('event_data.author')])],
  ['a field of a collection without any', asked('states', [], 'anything')],
  ['an equality and an order, of which none was made', asked('runs', [equal('owner')], '-at')],
  ['the composite index, the other way round', asked('runs', [equal('session')], 'at')],
  ['two orders', asked('runs', [], '-at', 'session')],
  ['names against the order', asked('events', [], '-timestamp', '__name__')],
  [
    'array-contains and an equality without theirs',
    asked('memories', [equal('user'), equal('words', 'ARRAY_CONTAINS')]),
  ],
  [
    'a group with automatic indexes, which are the collection’s',
    grouped(asked('events', [equal('timestamp')])),
  ],
  ['a collection whose index is the group’s', asked('sessions', [equal('app')])],
  [
    'an OR of which one side has none',
    {
      from: [{ collectionId: 'events' }],
      where: { compositeFilter: { op: 'OR', filters: [equal('timestamp'), equal('event_data')] } },
    },
  ],
];

test.each(SERVED)('served: %s', (_title, query) => {
  expect(() => assertIndexed(query, indexes)).not.toThrow();
});
test.each(REFUSED)('refused: %s', (_title, query) => {
  expect(() => assertIndexed(query, indexes)).toThrow('The query requires an index');
});

test('an unknown line or expression is reported, not skipped', () => {
  expect(() => readIndexes('resource "a" "b" {\n  what is this\n}')).toThrow('Line 2');
  expect(() => readIndexes(FILE.replace('toset(["runs", "tasks"])', 'local.collections'))).toThrow(
    'local.collections',
  );
});

test("staging's file is parsed completely: exemptions, both scopes, composite indexes", async () => {
  const staging = await stagingIndexes();
  expect(staging.ofField('events', 'event_data.content')).toEqual([]);
  expect(staging.ofField('lornu_runs', 'expireTime')).toEqual([]);
  expect(staging.ofField('sessions', 'appName').map(({ scope }) => scope)).toEqual([
    'COLLECTION',
    'COLLECTION_GROUP',
  ]);
  expect(staging.ofField('events', 'timestamp')).toHaveLength(3);
  expect(staging.composites.map(({ collection }) => collection)).toContain('lornu_runs');
});

test('entries: two for a value, one for an element, one for a composite index, none for an exempt field', () => {
  const at = (collection: string, fields: Record<string, Value>) => ({
    name: `projects/p/databases/d/documents/${collection}/1`,
    fields,
  });
  const number: Value = { integerValue: '1' };
  const elements = (count: number): Value => ({
    arrayValue: { values: Array.from({ length: count }, () => number) },
  });
  const refused = (collection: string, fields: Record<string, Value>): boolean => {
    try {
      indexes.assertFewEntries(at(collection, fields));
      return false;
    } catch {
      return true;
    }
  };
  expect(refused('other', { l: elements(40_000) })).toBe(false);
  expect(refused('other', { l: elements(39_999), n: number })).toBe(true);
  expect(refused('other', { l: elements(39_998), m: { mapValue: { fields: { n: number } } } })).toBe(false);
  expect(refused('memories', { app: number, words: elements(19_999) })).toBe(false);
  expect(refused('memories', { app: number, words: elements(20_000) })).toBe(true);
  expect(refused('events', { event_data: elements(50_000) })).toBe(false);
  // From Google's page: the document's name (16 + 2 + 2) and its parent's (16), the field's name and value, and 32.
  const empty = new Indexes();
  expect(empty.bytesOf(at('c', { n: number }))).toBe(2 * (20 + 16 + 2 + 8 + 32));
});

test("the database's concurrency mode: the file's, else Firestore's default", async () => {
  const withMode = (mode: string): string =>
    FILE.replace('name = "staging"', `name = "staging"\n  concurrency_mode = "${mode}"`);
  expect(readConcurrencyMode(FILE)).toBe('PESSIMISTIC');
  expect(readConcurrencyMode(withMode('OPTIMISTIC'))).toBe('OPTIMISTIC');
  expect(() => readConcurrencyMode(withMode('OPTIMISTIC_WITH_ENTITY_GROUPS'))).toThrow('does not know');
  expect(() => readConcurrencyMode('')).toThrow('one google_firestore_database');
  expect(await stagingConcurrencyMode()).toBe('OPTIMISTIC');
});
