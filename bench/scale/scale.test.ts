import { expect, test } from 'bun:test';
import { mulberry32 } from '@lornu/ops/base/seeded.ts';
import { ENVIRONMENT, needOf } from './model.ts';
import { simulate } from './simulate.ts';
import { generatedParts, quotedPart } from '../save.ts';
import { GROW_SECONDS, SIZES } from './table.ts';

test('docs/performance.md and docs/scale.md quote the last saved run', async () => {
  for (const [page, part] of Object.entries(await generatedParts()))
    expect(await quotedPart(page)).toBe(part);
});

test('the simulation needs as many tasks and writes as the model computes', () => {
  for (const size of SIZES) {
    const need = needOf(size);
    const found = simulate(size, GROW_SECONDS, mulberry32(2));
    expect(Math.abs(found.streams / size - 1)).toBeLessThan(size < 100 ? 0.25 : 0.03);
    expect(Math.abs(found.writesPerSecond / need.firestore.writes - 1)).toBeLessThan(
      size < 100 ? 0.25 : 0.03,
    );
    expect(found.tasks).toBeGreaterThanOrEqual(need.tasks.needed * 0.97 - 1);
    expect(found.tasks).toBeLessThanOrEqual(need.tasks.needed * 1.1 + 1);
  }
});

test('a load that grows faster than autoscaling overloads tasks, a slow one does not', () => {
  const [slow, fast] = [7_200, 300].map((grow) => simulate(2_000, grow, mulberry32(3)));
  expect(slow?.overloadedSeconds).toBe(0);
  expect(fast?.overloadedSeconds).toBeGreaterThan(60);
  expect(fast?.mostInTask).toBeGreaterThan(ENVIRONMENT.streamsPerTask);
});
