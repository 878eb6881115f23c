/** An owner of locks. In a deadlock the youngest fails: the one with the highest age number. */
export interface LockOwner {
  readonly age: number;
}

type Mode = 'shared' | 'exclusive';

interface Waiting {
  owner: LockOwner;
  names: readonly string[];
  mode: Mode;
  granted: () => void;
  refused: (error: Error) => void;
}

/** The owner was part of a deadlock and the youngest in it. Its locks are released. */
export class Deadlock extends Error {}

/**
 * Locks on document names, as in Firestore's pessimistic transactions: many readers or one writer. Later requests wait,
 * except that an owner that already holds a name does not queue for it behind others.
 */
export class Locks {
  readonly #held = new Map<string, Map<LockOwner, Mode>>();
  readonly #namesOf = new Map<LockOwner, Set<string>>();
  /** In order of arrival. */
  #waiting: Waiting[] = [];

  /** Resolves when all names are locked; until then none is. Rejects with Deadlock, or with the signal's reason. */
  acquire(owner: LockOwner, names: readonly string[], mode: Mode, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const request: Waiting = { owner, names, mode, granted: resolve, refused: reject };
    const giveUp = (): void => {
      this.#remove(request);
      reject(signal?.reason as Error);
      this.#settle();
    };
    this.#waiting.push(request);
    this.#settle();
    if (!this.#waiting.includes(request)) return promise;
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
    return promise.finally(() => signal?.removeEventListener('abort', giveUp));
  }

  /** Releases everything that the owner holds, and rejects what it still waits for. */
  release(owner: LockOwner, why = new Error('The transaction has ended.')): void {
    for (const request of this.#waiting.filter((one) => one.owner === owner)) {
      this.#remove(request);
      request.refused(why);
    }
    for (const name of this.#namesOf.get(owner) ?? []) {
      const holders = this.#held.get(name);
      holders?.delete(owner);
      if (holders?.size === 0) this.#held.delete(name);
    }
    this.#namesOf.delete(owner);
    this.#settle();
  }

  #remove(request: Waiting): void {
    this.#waiting = this.#waiting.filter((one) => one !== request);
  }

  /** Grants what can be granted; if a cycle of waiting owners is left, its youngest fails. */
  #settle(): void {
    for (;;) {
      const next = this.#waiting.find((request) => this.#isGrantable(request));
      if (next) {
        this.#grant(next);
        continue;
      }
      const victim = this.#victim();
      if (!victim) return;
      this.release(victim, new Deadlock('Deadlock.'));
    }
  }

  #grant(request: Waiting): void {
    this.#remove(request);
    const names = this.#namesOf.get(request.owner) ?? new Set();
    this.#namesOf.set(request.owner, names);
    for (const name of request.names) {
      const holders = this.#held.get(name) ?? new Map<LockOwner, Mode>();
      this.#held.set(name, holders);
      if (holders.get(request.owner) !== 'exclusive') holders.set(request.owner, request.mode);
      names.add(name);
    }
    request.granted();
  }

  #isGrantable(request: Waiting): boolean {
    if (this.#holdersInTheWay(request).length > 0) return false;
    // First come, first served, unless the earlier request waits for this very owner.
    return this.#earlierInTheWay(request).every((earlier) => this.#waitsFor(earlier, request.owner));
  }

  #holdersInTheWay({ owner, names, mode }: Waiting): LockOwner[] {
    return names.flatMap((name) =>
      [...(this.#held.get(name) ?? [])]
        .filter(([holder, held]) => holder !== owner && (mode === 'exclusive' || held === 'exclusive'))
        .map(([holder]) => holder),
    );
  }

  #earlierInTheWay(request: Waiting): Waiting[] {
    const queued = request.names.filter((name) => !this.#held.get(name)?.has(request.owner));
    return this.#waiting
      .slice(0, this.#waiting.indexOf(request))
      .filter(
        ({ names, mode }) =>
          (mode === 'exclusive' || request.mode === 'exclusive') &&
          queued.some((name) => names.includes(name)),
      );
  }

  #waitsFor(start: Waiting, target: LockOwner): boolean {
    const seen = new Set<Waiting>();
    const look = (request: Waiting): boolean => {
      if (seen.has(request)) return false;
      seen.add(request);
      const owners = this.#holdersInTheWay(request);
      if (owners.includes(target)) return true;
      return [
        ...this.#waiting.filter(({ owner }) => owners.includes(owner)),
        ...this.#earlierInTheWay(request),
      ].some((next) => next.owner === target || look(next));
    };
    return look(start);
  }

  /** The youngest owner of a cycle in which each waits for what the next one holds. */
  #victim(): LockOwner | undefined {
    const inCircle = this.#waiting.filter((request) => {
      const reached = new Set<LockOwner>();
      const follow = (one: Waiting): void => {
        for (const holder of this.#holdersInTheWay(one)) {
          if (reached.has(holder)) continue;
          reached.add(holder);
          for (const next of this.#waiting) if (next.owner === holder) follow(next);
        }
      };
      follow(request);
      return reached.has(request.owner);
    });
    return inCircle.map(({ owner }) => owner).toSorted((a, b) => b.age - a.age)[0];
  }
}
