import { expect, test } from 'bun:test';
import { Readiness } from '../observability/readiness.ts';
import { assertDiskRoom } from './disk-room.ts';

const MIB = 1024 * 1024;

test('a full disk fails the dependency in words, and room makes it usable again', async () => {
  let free = 3 * MIB;
  const check = () => assertDiskRoom('/data', async () => free);
  const readiness = new Readiness({ probes: [{ name: 'sessions', required: true, check }], maxAgeMs: 0 });
  expect(await readiness.report()).toMatchObject([
    { state: 'failed', reason: 'The disk is full: 3 MiB are left.' },
  ]);
  free = 16 * MIB;
  expect(await readiness.report()).toMatchObject([{ state: 'ok' }]);
});
