import type { Firestore } from '../../firestore/client/firestore.ts';
import { createHash } from 'node:crypto';
import { calling } from '../../firestore/calling.ts';
import { transact } from '../../firestore/transact.ts';
import type { SpendStore } from '../budgets.ts';
import { expireTime } from './lease-document.ts';
import { spendOf } from './paths.ts';

/** A day's counters stay readable for some days, those of a shorter period for an hour. */
const KEPT_MS = 7 * 24 * 60 * 60_000;
const KEPT_SHORT_MS = 60 * 60_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** A starting turn waits for the sums; without them each process counts on its own. */
const WAIT_MS = 3_000;
/** Documents per transaction. */
const LARGEST_GROUP = 100;

/** One document per counter and period. Each process writes its counters every SHARE_EVERY_MS, not every turn. */
export class FirestoreSpend implements SpendStore {
  readonly #db: Firestore;
  readonly #field: 'microUsd' | 'count';

  /** `field`: where a counter's sum is, named after its unit. */
  constructor(db: Firestore, field: 'microUsd' | 'count' = 'microUsd') {
    this.#db = db;
    this.#field = field;
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
              const sum = Number(document.get(this.#field) ?? 0) + amount;
              if (amount > 0)
                transaction.set(document.ref, {
                  day,
                  counter: key,
                  [this.#field]: sum,
                  expireTime: expireTime(Date.parse(day) + (DAY.test(day) ? KEPT_MS : KEPT_SHORT_MS)),
                });
              return [key, sum];
            });
          },
          { signal },
        ),
      WAIT_MS,
    );
  }
}
