import { expect, test } from 'bun:test';
import { mulberry32 } from '@lornu/ops/base/seeded.ts';
import { ENVIRONMENT, needOf } from './model.ts';
import { simulate } from './simulate.ts';
import { GROW_SECONDS, scaleTable, SIZES } from './table.ts';

test('docs/scale.md contains the computed table', async () => {
  const page = await Bun.file(new URL('../../docs/scale.md', import.meta.url)).text();
  const table = page.split('<!-- scale -->')[1]?.split('<!-- end of scale -->')[0]?.trim();
  expect(table).toBe(scaleTable(mulberry32(1)));
});

test('the simulation needs as many tasks and writes as the model computes', () => {
  for (const size of SIZES) {
    const need = needOf(size);
    const found = simulate(size, GROW_SECONDS, mulberry32(2));
    expect(Math.abs(found.streams / size - 1)).toBeLessThan(size < 100 ? 0.25 : 0.03);
    expect(Math.abs(found.writesPerSecond / need.firestore.writes - 1)).toBeLessThan(
      size < 100 ? 0.25 : 0.03,
    );
    expect(found.tasks).toBeGreaterThanOrEqual(need.tasks.needed * 0.97);
    expect(found.tasks).toBeLessThanOrEqual(need.tasks.needed * 1.1 + 1);
  }
});

test('a load that grows faster than autoscaling overloads tasks, a slow one does not', () => {
  const [slow, fast] = [7_200, 300].map((grow) => simulate(2_000, grow, mulberry32(3)));
  expect(slow?.overloadedSeconds).toBe(0);
  expect(fast?.overloadedSeconds).toBeGreaterThan(60);
  expect(fast?.mostInTask).toBeGreaterThan(ENVIRONMENT.streamsPerTask);
});
