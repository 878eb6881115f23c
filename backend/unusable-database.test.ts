import { expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteMemory } from './memory/sqlite/sqlite-memory.ts';
import { openDatabase } from './sessions/sqlite/database.ts';

const OPEN: Readonly<Record<string, (path: string) => unknown>> = {
  'sessions.sqlite': openDatabase,
  'memory.sqlite': (path) => new SqliteMemory(path),
};
const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  'text in its place': (path) =>
    writeFileSync(path, 'no database at all, but long enough to be read as one'.repeat(99)),
  'an overwritten first page': (path) => {
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 100, 4096);
    writeFileSync(path, bytes);
  },
};

for (const [name, open] of Object.entries(OPEN))
  for (const [damage, apply] of Object.entries(DAMAGES))
    test(`${name} with ${damage} is reported at once, with the next step`, () => {
      const path = join(mkdtempSync(join(tmpdir(), 'lornu-damaged-')), name);
      const whole = openDatabase(path);
      whole.run('PRAGMA wal_checkpoint(TRUNCATE)');
      whole.close();
      apply(path);
      expect(() => open(path)).toThrow(
        new RegExp(
          `^The database ${RegExp.escape(path)} cannot be opened \\(.+\\)\\. Put a copy of it in its place, or move it away`,
        ),
      );
    });

/** What makes a folder unusable also for root. */
const UNWRITABLE: Readonly<Record<string, (folder: string, name: string) => string>> = {
  'a file in place of the folder': (folder, name) => {
    writeFileSync(join(folder, 'data'), '');
    return join(folder, 'data', name);
  },
  'a folder in place of the file': (folder, name) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  },
  'a folder that takes no files': (_folder, name) => join('/proc', name),
};

for (const [name, open] of Object.entries(OPEN))
  for (const [what, pathIn] of Object.entries(UNWRITABLE))
    test.skipIf(process.platform !== 'linux')(
      `${name} with ${what} is reported at once, with the next step`,
      () => {
        const path = pathIn(mkdtempSync(join(tmpdir(), 'lornu-unwritable-')), name);
        expect(() => open(path)).toThrow(
          new RegExp(
            `^The database ${RegExp.escape(path)} cannot be opened \\(.+\\)\\. Make its folder writable`,
          ),
        );
      },
    );
