import { expect, test } from 'bun:test';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { theme, type Check } from './check.ts';
import { CHECKS } from './checks/all.ts';
import { mask, readRecordings, writeRecordings } from './recordings.ts';
import { judge, observe } from './run-checks.ts';
import { createScenes, type World } from './world.ts';

const source = { page: 'https://docs.aws.amazon.com/x', quote: 'It is one.' };
const [plain, other] = theme('idle', [
  ['plain', 'it is one', source, 1, async () => 1],
  ['other', 'it is one', source, 1, async () => 2, { otherwise: 'It is two.' }],
]) as [Check, Check];
const recorded = (seen: number) => new Map([[plain.id, { seen, on: '2026-11-29' }]]);

test('without a recording, a result is compared with the sentence, and the verdict says so', () => {
  expect(judge(plain, { id: plain.id, seen: 1 }, new Map()).verdict).toBe('by the document');
  expect(judge(plain, { id: plain.id, seen: 2 }, new Map()).verdict).toBe('differs');
});

test('with a recording, a result is compared with it, even if AWS differs from the sentence', () => {
  expect(judge(plain, { id: plain.id, seen: 1 }, recorded(1))).toEqual({
    id: 'idle.plain',
    expected: 1,
    seen: 1,
    recorded: '2026-11-29',
    verdict: 'same',
  });
  expect(judge(plain, { id: plain.id, seen: 1 }, recorded(2))).toMatchObject({
    verdict: 'differs',
    expected: 2,
    againstDocument: true,
  });
});

test('a known difference is no failure; a result that equals the recording is no difference', () => {
  expect(judge(other, { id: other.id, seen: 2 }, new Map())).toMatchObject({
    verdict: 'otherwise',
    why: 'It is two.',
  });
  expect(judge(other, { id: other.id, seen: 1 }, new Map()).verdict).toBe('by the document');
});

test('a check without a result has failed, even with a known difference', () => {
  expect(judge(other, { id: other.id, failed: 'never steady' }, new Map()).verdict).toBe('failed');
});

test('a scene is played once for all its checks, and each of them gets its failure', async () => {
  let played = 0;
  const play = async (): Promise<never> => {
    played += 1;
    throw new Error('never steady');
  };
  const world = {} as World;
  world.scene = createScenes()(world);
  const checks = theme('idle', [
    ['one', 'first', source, 1, async (in_) => in_.scene(play)],
    ['two', 'second', source, 1, async (in_) => in_.scene(play)],
  ]);
  const seen = await observe(world, checks, new AbortController().signal, () => {});
  expect(played).toBe(1);
  expect(seen).toEqual(checks.map(({ id }) => ({ id, failed: 'never steady' })));
});

test('recordings are stored by theme, without account, region and names; a failed check keeps its earlier recording', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lornu-recordings-'));
  try {
    const [check] = CHECKS;
    if (!check) throw new Error('there is no check');
    const seen = { arn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/lc-1a2b3c4d', many: ['eu-west-1', 3] };
    await writeRecordings(
      CHECKS,
      [{ id: check.id, seen }],
      '2026-11-29',
      ['eu-west-1', 'lc-1a2b3c4d'],
      folder,
    );
    await writeRecordings(CHECKS, [{ id: check.id, failed: 'no' }], '2026-12-01', [], folder);
    const [name] = await readdir(folder);
    const text = await readFile(join(folder, name ?? ''), 'utf8');
    expect(name).toBe(`${check.theme}.json`);
    expect(text).not.toMatch(/123456789012|eu-west-1|lc-1a2b/);
    expect((await readRecordings(folder)).get(check.id)).toEqual({
      on: '2026-11-29',
      seen: { arn: 'arn:aws:ecs:…:…:cluster/…', many: ['…', 3] },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('only a number with twelve digits is masked as an account', () => {
  expect(mask('1234567890123 123456789012', [])).toBe('1234567890123 …');
});
