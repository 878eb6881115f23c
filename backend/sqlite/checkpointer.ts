import type { Database } from 'bun:sqlite';
import { statSync } from 'node:fs';
import type { Logger } from '../observability/logger.ts';

export interface CheckpointerOptions {
  /** The connection that writes. */
  database: Database;
  /** Its file. */
  file: string;
  log: Pick<Logger, 'warn'>;
  /** Milliseconds between two checks of the log. */
  lookEveryMs?: number;
  /** The worker's program. */
  program?: URL;
}

/**
 * Pages after which a connection without worker makes its own checkpoint, which syncs the file: 16 MB instead of
 * SQLite's 4 MB.
 */
export const OWN_CHECKPOINT_PAGES = 4_000;
const LOOK_EVERY_MS = 500;
/** A shorter log is left alone, so that an idle service starts no worker. */
const WORTH_IT_BYTES = 4 * 1024 * 1024;
/** With a worker, or before there is one, the writing connection only makes a checkpoint after 128 MB. */
const SPARE_PAGES = 32_000;

// In a bundle the worker is a file beside it.
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './checkpoint-worker.ts' : './checkpoint-worker.js',
  import.meta.url,
);

/**
 * Writes the log of a SQLite file (WAL) back into the file, in a separate thread. A checkpoint syncs the disk, which
 * takes 20 to 40 ms here; if the writing connection made it, every stream of the process would wait. If the worker
 * fails, the connection makes its own again. See sqlite.org/wal.html, section 6.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #worker: Worker | undefined;
  #isBusy = false;

  constructor(options: CheckpointerOptions) {
    this.#options = options;
    // Immediately, because one large message could trigger the connection's checkpoint before a check of the log.
    options.database.run(`PRAGMA wal_autocheckpoint = ${SPARE_PAGES}`);
    this.#timer = setInterval(() => this.#look(), options.lookEveryMs ?? LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Call it before the database is closed. */
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
    const { program = PROGRAM } = this.#options;
    const worker = new Worker(program.href, { smol: true });
    worker.unref();
    worker.addEventListener('message', () => {
      this.#isBusy = false;
    });
    worker.addEventListener('error', ({ message }) => this.#giveUp(message));
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
