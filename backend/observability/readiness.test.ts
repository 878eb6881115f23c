import { describe, expect, test } from 'bun:test';
import { Readiness } from './readiness.ts';

describe('readiness', () => {
  test('a result is reused until it is old, for concurrent callers too', async () => {
    let nowMs = 0;
    let looks = 0;
    const readiness = new Readiness({
      probes: [{ name: 'store', required: true, check: async () => void looks++ }],
      clock: () => nowMs,
      maxAgeMs: 5_000,
    });
    await Promise.all([readiness.report(), readiness.report(), readiness.report()]);
    expect(looks).toBe(1);
    nowMs = 4_900;
    expect(await readiness.report()).toEqual([
      { name: 'store', required: true, state: 'ok', ageSeconds: 4.9, durationMs: 0 },
    ]);
    expect(looks).toBe(1);
    nowMs = 5_000;
    await readiness.report();
    expect(looks).toBe(2);
  });

  test('a warning is shown while the dependency is reachable', async () => {
    let warning: string | undefined = 'It goes in two days.';
    const readiness = new Readiness({
      probes: [{ name: 'model', required: false, check: async () => warning }],
      maxAgeMs: 0,
    });
    expect(await readiness.report()).toMatchObject([{ state: 'ok', warning: 'It goes in two days.' }]);
    warning = undefined;
    expect((await readiness.report())[0]).not.toHaveProperty('warning');
  });

  test('a dependency that hangs fails after the timeout, is aborted, and recovers', async () => {
    let hangs = true;
    let told = false;
    const changes: string[] = [];
    const readiness = new Readiness({
      probes: [
        {
          name: 'model',
          required: false,
          check: async (signal) => {
            signal.addEventListener('abort', () => (told = true));
            if (hangs) await new Promise(() => undefined);
          },
        },
      ],
      maxAgeMs: 0,
      timeoutMs: 5,
      onChange: (name, state) => changes.push(`${name} ${state}`),
    });
    expect(await readiness.report()).toMatchObject([{ state: 'failed', reason: 'No answer within 5 ms.' }]);
    expect(told).toBe(true);
    hangs = false;
    expect(await readiness.report()).toMatchObject([{ state: 'ok' }]);
    await readiness.report();
    expect(changes).toEqual(['model failed', 'model ok']);
  });

  test('the error of a failed check is logged and not shown', async () => {
    const thrown: unknown[] = [];
    const secret = new Error('password=hunter2');
    const readiness = new Readiness({
      probes: [{ name: 'store', required: true, check: () => Promise.reject(secret) }],
      onChange: (_name, _state, error) => thrown.push(error),
    });
    expect(JSON.stringify(await readiness.report())).not.toContain('hunter2');
    expect(thrown).toEqual([secret]);
  });
});
