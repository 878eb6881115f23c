import type { Database } from 'bun:sqlite';
import { statSync } from 'node:fs';
import type { Logger } from '../observability/logger.ts';

export interface CheckpointerOptions {
  /** The connection that writes. */
  database: Database;
  /** Its file. */
  file: string;
  log: Pick<Logger, 'warn'>;
  /** Time between two looks at the log, in milliseconds. */
  lookEveryMs?: number;
  /** The worker's program. */
  program?: URL;
}

/** A checkpoint syncs the file; every 16 MB instead of every 4 MB of writes where the connection makes its own. */
export const OWN_CHECKPOINT_PAGES = 4_000;
const LOOK_EVERY_MS = 500;
/** A shorter log is left alone: the service that nobody uses has no worker. */
const WORTH_IT_BYTES = 4 * 1024 * 1024;
/** With a worker, only where it can't keep up does the writing connection make a checkpoint itself: 128 MB. */
const SPARE_PAGES = 32_000;

// A bundle has the worker beside it, under its own name.
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './checkpoint-worker.ts' : './checkpoint-worker.js',
  import.meta.url,
);

/**
 * Writes the log of a SQLite file (WAL) back into the file from a thread of its own. A checkpoint syncs the disk, which
 * takes 20 to 40 ms here; made by the connection that writes, every stream of the process waits for it. Where the worker
 * fails, the connection makes its own again. See sqlite.org/wal.html, section 6.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #worker: Worker | undefined;
  #isBusy = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), options.lookEveryMs ?? LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Comes before the database is closed. */
  stop(): void {
    clearInterval(this.#timer);
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #look(): void {
    const { file } = this.#options;
    if (this.#isBusy || logBytes(file) < WORTH_IT_BYTES) return;
    this.#isBusy = true;
    this.#worker ??= this.#start();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
    this.#worker.postMessage(file);
  }

  #start(): Worker {
    const { database, program = PROGRAM } = this.#options;
    const worker = new Worker(program.href, { smol: true });
    worker.unref();
    worker.addEventListener('message', () => {
      this.#isBusy = false;
    });
    worker.addEventListener('error', ({ message }) => this.#giveUp(message));
    database.run(`PRAGMA wal_autocheckpoint = ${SPARE_PAGES}`);
    return worker;
  }

  #giveUp(reason: string): void {
    const { database, log } = this.#options;
    if (!this.#worker) return;
    this.stop();
    database.run(`PRAGMA wal_autocheckpoint = ${OWN_CHECKPOINT_PAGES}`);
    log.warn('Checkpoints of the session store are made between turns: the worker for them failed', {
      reason,
    });
  }
}

function logBytes(file: string): number {
  return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}
