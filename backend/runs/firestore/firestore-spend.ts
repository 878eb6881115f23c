import type { Firestore } from '@google-cloud/firestore';
import { createHash } from 'node:crypto';
import { calling } from '../../firestore/calling.ts';
import { transact } from '../../firestore/transact.ts';
import type { SpendStore } from '../budgets.ts';
import { expireTime } from './lease-document.ts';
import { spendOf } from './paths.ts';

/** A day's counters stay readable for some days. */
const KEPT_MS = 7 * 24 * 60 * 60_000;
/** A starting turn waits for the sums; without them each process counts on its own. */
const WAIT_MS = 3_000;
/** Documents per transaction. */
const LARGEST_GROUP = 100;

/** One document per counter and day. Each process writes its counters every SHARE_EVERY_MS, not every turn. */
export class FirestoreSpend implements SpendStore {
  readonly #db: Firestore;

  constructor(db: Firestore) {
    this.#db = db;
  }

  async add(day: string, amounts: ReadonlyMap<string, number>): Promise<Map<string, number>> {
    const keys = [...amounts.keys()];
    const groups = Array.from({ length: Math.ceil(keys.length / LARGEST_GROUP) }, (_, index) =>
      keys.slice(index * LARGEST_GROUP, (index + 1) * LARGEST_GROUP),
    );
    const sums = await Promise.all(groups.map(async (group) => this.#addGroup(day, group, amounts)));
    return new Map(sums.flat());
  }

  async #addGroup(
    day: string,
    keys: readonly string[],
    amounts: ReadonlyMap<string, number>,
  ): Promise<[string, number][]> {
    const documents = keys.map((key) => {
      const name = createHash('sha256').update(key).digest('hex');
      return spendOf(this.#db).doc(`${day}-${name}`);
    });
    return calling(
      (signal) =>
        transact(
          this.#db,
          async (transaction) => {
            const found = await transaction.getAll(...documents);
            return found.map((document, index): [string, number] => {
              const key = keys[index] ?? '';
              const amount = amounts.get(key) ?? 0;
              const microUsd = Number(document.get('microUsd') ?? 0) + amount;
              if (amount > 0)
                transaction.set(document.ref, {
                  day,
                  counter: key,
                  microUsd,
                  expireTime: expireTime(Date.parse(day) + KEPT_MS),
                });
              return [key, microUsd];
            });
          },
          { signal },
        ),
      WAIT_MS,
    );
  }
}
