import { expect, test } from 'bun:test';
import { readState } from './read-state.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const state = (image: string, environment: object[] = [{ name: 'LORNU_REVISION', value: 'abcdef0' }]) =>
  JSON.stringify({
    version: 4,
    serial: 7,
    lineage: 'a-lineage',
    outputs: { url: { value: 'https://aws-staging.lornu.example', type: 'string' } },
    resources: [
      {
        mode: 'managed',
        type: 'aws_ecs_task_definition',
        name: 'agent',
        instances: [{ attributes: { container_definitions: JSON.stringify([{ image, environment }]) } }],
      },
    ],
  });

test('a state has a serial, the running image, and outputs', () => {
  expect(readState(state(`repository@${DIGEST}`))).toEqual({
    lineage: 'a-lineage',
    serial: 7,
    deployed: { digest: DIGEST, revision: 'abcdef0' },
    outputs: { url: 'https://aws-staging.lornu.example' },
  });
});

test('an image with a tag or without a revision cannot be rolled back to', () => {
  expect(readState(state('repository:latest')).deployed).toBeNull();
  expect(readState(state(`repository@${DIGEST}`, [])).deployed).toBeNull();
});

test('an empty state has serial 0 and no contents', () => {
  expect(readState('\n')).toEqual({ lineage: '', serial: 0, deployed: null, outputs: {} });
});

test('any other document is refused', () => {
  expect(() => readState('{"version": 4}')).toThrow();
});
