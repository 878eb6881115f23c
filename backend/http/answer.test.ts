import { describe, expect, test } from 'bun:test';
import { ByteBudget } from '../identity/limits/byte-budget.ts';
import { heldJson } from './answer.ts';

const budget = () => new ByteBudget({ callerBytes: 100, processBytes: 100 });

describe('a long answer', () => {
  // Surrogate pairs across every boundary; pieces smaller and larger than a slice.
  const pieces = ['"', ...Array.from({ length: 500 }, () => 'x😀'.repeat(97)), 'é'.repeat(200_000), '"'];

  test('consists of its pieces, with no character cut', async () => {
    const bytes = budget();
    const answer = heldJson(pieces, bytes.hold('ann', 60));
    expect(bytes.bytes).toBe(60);
    expect(await answer.text()).toBe(pieces.join(''));
    expect(bytes.bytes).toBe(0);
  });

  test('is made as it is read, and stops when the reader disconnects', async () => {
    const bytes = budget();
    let made = 0;
    function* endless(): Generator<string> {
      for (;;) {
        made++;
        yield 'x'.repeat(100_000);
      }
    }
    const answer = heldJson(endless(), bytes.hold('ann', 60));
    const reader = answer.body!.getReader();
    for (let n = 0; n < 3; n++) await reader.read();
    expect(made).toBeLessThan(6);
    await reader.cancel();
    expect(bytes.bytes).toBe(0);
  });

  test('is cut off if making it fails, and its bytes are released', async () => {
    const bytes = budget();
    function* broken(): Generator<string> {
      yield 'x'.repeat(200_000);
      throw new Error('broken on purpose');
    }
    const answer = heldJson(broken(), bytes.hold('ann', 60));
    expect(answer.text()).rejects.toThrow('broken on purpose');
    await Bun.sleep(0);
    expect(bytes.bytes).toBe(0);
  });

  test.each([[[]], [['{}']], [['{', '}']]])('of %p is one text, and counts no more', async (few) => {
    const bytes = budget();
    const answer = heldJson(few, bytes.hold('ann', 60));
    expect(bytes.bytes).toBe(0);
    expect(await answer.text()).toBe(few.join(''));
  });
});
