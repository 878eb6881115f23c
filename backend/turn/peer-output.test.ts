import type { Event } from '@google/adk';
import { expect, test } from 'bun:test';
import { PeerOutput } from './peer-output.ts';

function outputThat(say: (event: Event) => Promise<void>, message = 'Hi.'): PeerOutput {
  return new PeerOutput({
    invocationId: 'e-1',
    message: { role: 'user', parts: [{ text: message }] },
    metadata: undefined,
    showPartial: () => undefined,
    say,
  });
}

test('what is said at once is stored one after the other, and a failure holds up nobody', async () => {
  const order: string[] = [];
  const output = outputThat(async ({ author }) => {
    order.push(`begin ${author}`);
    await Bun.sleep(1);
    order.push(`end ${author}`);
    if (author === 'a') throw new Error('the store is away');
  });
  const said = ['a', 'b', 'c'].map(async (author) => output.whole({ author }));
  const ends = await Promise.allSettled(said);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(order).toEqual(['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c']);
  await output.pending;
});

test("a turn's question is what the person wrote: no file, no answer of a tool", () => {
  const questionOf = (parts: object[]) =>
    new PeerOutput({
      invocationId: 'e-1',
      message: { role: 'user', parts },
      metadata: undefined,
      showPartial: () => undefined,
      say: async () => undefined,
    }).question;
  expect(questionOf([{ text: ' Hi ' }, { inlineData: { data: 'AA==', mimeType: 'image/png' } }])).toBe('Hi');
  expect(questionOf([{ inlineData: { data: 'AA==', mimeType: 'image/png' } }])).toBeUndefined();
  expect(questionOf([{ text: 'yes' }, { functionResponse: { name: 'x', response: {} } }])).toBeUndefined();
});
