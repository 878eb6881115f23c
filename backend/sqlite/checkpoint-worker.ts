import { Database } from 'bun:sqlite';

declare const self: Worker;

/** How long the last step, which blocks writers for some milliseconds, waits for them. */
const LONGEST_WAIT_MS = 50;

let database: Database | undefined;

/** Receives the file's path, answers when its checkpoint is done. See checkpointer.ts. */
self.addEventListener('message', ({ data: file }: MessageEvent<string>) => {
  database ??= open(file);
  // Copy what was written meanwhile, so that the last step is short.
  database.run('PRAGMA wal_checkpoint(PASSIVE)');
  database.run('PRAGMA wal_checkpoint(PASSIVE)');
  // Resets the log. If readers are active, the next checkpoint does it.
  database.run('PRAGMA wal_checkpoint(TRUNCATE)');
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's parent has none
  self.postMessage('done');
});

function open(file: string): Database {
  const opened = new Database(file, { create: false, readwrite: true });
  opened.run(`PRAGMA busy_timeout = ${LONGEST_WAIT_MS}`);
  return opened;
}
