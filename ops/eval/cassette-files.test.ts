import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cassette } from '@lornu/evaluation/cassette.ts';
import { cassettePath, readCassettes, writeCassettes } from './cassette-files.ts';

function cassette(name: string, instruction: string): Cassette {
  const request = { model: 'm', instruction, tools: 'tools', settings: 'empty', history: 'h', bytes: 1 };
  const accepted = { items: [], requests: [{ agent: 'a', request }], wire: 'w', ms: 1 };
  const turns = [{ message: 'said', at: 0, model: [], tools: [], accepted }];
  const blobs = { empty: {}, said: [{ text: name }], tools: ['a tool'], [instruction]: `Be ${instruction}.` };
  return { cassette: 1, name, appName: 'a', state: 'empty', turns, blobs };
}

test('what cassettes ask the model is written once, read back, and kept as long as one of them asks it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cassettes-'));
  const write = async (...ones: Cassette[]) =>
    writeCassettes(ones.map((one) => ({ path: cassettePath(folder, one), cassette: one })));
  const written = async () => (await Bun.file(join(folder, 'requests.json')).json()) as object;
  try {
    const [one, other] = [cassette('one', 'brief'), cassette('other', 'brief')];
    await write(one, other);
    expect(await written()).toEqual({ tools: ['a tool'], brief: 'Be brief.' });
    expect(await Bun.file(cassettePath(folder, one)).text()).not.toContain('Be brief.');
    expect((await readCassettes([folder])).map((file) => file.cassette)).toEqual([one, other]);
    await write(cassette('one', 'polite'));
    expect(await written()).toEqual({ tools: ['a tool'], brief: 'Be brief.', polite: 'Be polite.' });
    // What is read and written again is the same file: a cassette gets nothing that only others ask.
    const before = await Bun.file(cassettePath(folder, other)).text();
    await writeCassettes(await readCassettes([folder]));
    expect(await Bun.file(cassettePath(folder, other)).text()).toBe(before);
    await write(cassette('other', 'polite'));
    expect(await written()).toEqual({ tools: ['a tool'], polite: 'Be polite.' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
