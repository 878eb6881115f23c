import { plantedBug as bug, type PlantedBug } from './planted-bug.ts';

const RUN_STORE = 'runs/firestore/firestore-run-store.ts';
const LEASE_WRITER = 'runs/firestore/lease-writer.ts';
const LEASE_POLLS = 'runs/firestore/lease-polls.ts';
const BEGIN_RUN = 'runs/firestore/begin-run.ts';
const HELD = 'runs/firestore/held-leases.ts';
const APPEND = 'sessions/firestore/append-event.ts';

/** Bugs of the Firestore stores: retried transactions, lost responses, leases in documents. */
export const PLANTED_FIRESTORE_BUGS: readonly PlantedBug[] = [
  // Leases and writers.
  bug(
    'Firestore: frames are taken from a process that has lost its lease',
    LEASE_WRITER,
    'if (lease?.token !== token) {',
    'if (!lease) {',
  ),
  bug(
    'Firestore: events are taken from a process that has lost its lease',
    'runs/firestore/lease-guard.ts',
    "} else if (lease?.token !== token) throw new AppError('LEASE_LOST');",
    "} else if (!lease) throw new AppError('LEASE_LOST');",
  ),
  bug(
    'Firestore: a lease is read before the transaction that relies on it',
    LEASE_WRITER,
    'const leased = await transaction.get(leaseOf(this.#deps.db, lease.session));\n        if (!this.#isHeld(leased, lease)) {',
    'const leased = await leaseOf(this.#deps.db, lease.session).get();\n        if (!this.#isHeld(leased, lease)) {',
  ),
  bug(
    'Firestore: a run is taken over without a look at its lease',
    'runs/firestore/take-run.ts',
    'if (held?.token !== before || !isOver) return undefined;',
    'if (!held) return undefined;',
  ),
  bug(
    'Firestore: a run that was taken over keeps its old token',
    'runs/firestore/take-run.ts',
    'fence: lease.token,',
    'fence: before,',
  ),
  bug(
    'Firestore: nobody looks for leases that have expired',
    LEASE_POLLS,
    'if (!oldest) return { leases: [], nextInMs: undefined };',
    'if (!oldest || readTime) return { leases: [], nextInMs: undefined };',
  ),
  bug(
    'Firestore: a session with a running turn takes another',
    BEGIN_RUN,
    'if (held && !isOurs && !isFree(held, leased.readTime)) {',
    'if (held && !isOurs && held.queued.length > 0) {',
  ),
  bug(
    'Firestore: if both queries of a look fail, nobody awaits one of them',
    'runs/firestore/heartbeats.ts',
    "const [ofOldest, { docs }] = await Promise.all([\n    isOwn(oldest) ? [] : leasesOfProcess(db, oldest, now, limit),\n    leasesOf(db).where('until', '<=', now).orderBy('until').limit(limit).get(),\n  ]);",
    "const looking = isOwn(oldest) ? [] : leasesOfProcess(db, oldest, now, limit);\n  const { docs } = await leasesOf(db).where('until', '<=', now).orderBy('until').limit(limit).get();\n  const ofOldest = await looking;",
  ),
  // Lost responses.
  bug(
    'Firestore: a run that has begun and ended meanwhile is begun again after a lost answer',
    BEGIN_RUN,
    "if (!isOurs && stored?.exists) throw new AppError('STORE_UNAVAILABLE');",
    '',
  ),
  bug(
    'Firestore: a run that another process has ended is taken for ended here',
    LEASE_WRITER,
    "const isOurs = stored?.get('lines') === newest?.data['lines'];",
    'const isOurs = true;',
  ),
  bug(
    'Firestore: a run whose begin got no answer is deleted',
    RUN_STORE,
    'void this.#giveBack(lease).catch(() => undefined);\n        throw perhapsAccepted',
    'void this.#db.doc(`lornu_runs/${run.id}`).delete().catch(() => undefined);\n        throw perhapsAccepted',
  ),
  bug(
    'Firestore: a message that waits is stored again after a lost answer',
    'runs/firestore/queue.ts',
    'if (stored) return stored;',
    '',
  ),
  bug(
    'Firestore: an event whose answer was lost is taken for another writer',
    APPEND,
    'if (mine?.exists) return { isStored: true, timestamp: timeOf(mine) };',
    '',
  ),
  bug(
    'Firestore: a turn is closed although nobody knows whether its last event was stored',
    'runs/run-worker.ts',
    'await this.#deps.sessions.settleUnanswered(this.#session)',
    '[] as Event[]',
  ),
  bug(
    'Firestore: an event whose answer was lost is stored under a new id',
    APPEND,
    "if (revision !== mark.revision + 1) throw new AppError('SESSION_CHANGED');",
    'event.id = crypto.randomUUID();\n    return { isStored: false, lastMs: mark.lastMs ?? 0 };',
  ),
  bug(
    'Firestore: a session that was created exists already after a lost answer',
    'sessions/firestore/create-session.ts',
    'if (attempts++ > 0 && isAsCreated(stored, state)) return;',
    '',
  ),
  bug(
    'Firestore: a renewal forgets the message that waits',
    LEASE_WRITER,
    'held?.note(last?.timeOf(document), hasQueue);',
    'held?.note(last?.timeOf(document), false);',
  ),
  bug(
    'Firestore: a run ends in one call although a message waits',
    HELD,
    'if (!this.#known || (isLast && this.#known.hasQueue)) return undefined;',
    'if (!this.#known) return undefined;',
  ),
  // Stored and shown data.
  bug(
    'Firestore: the last frames are not stored with the end',
    LEASE_WRITER,
    'this.#writeFrames(transaction, lease, last);\n        transaction.update(\n',
    'transaction.update(\n',
  ),
  bug(
    'Firestore: the first frames are stored whether the lease has changed or not',
    HELD,
    'batch.update(document, { fence: token }, { lastUpdateTime });',
    'batch.update(document, { fence: token });',
  ),
  bug(
    'Firestore: frames that were refused count as stored',
    HELD,
    '} catch {\n      return false;',
    '} catch {\n      return true;',
  ),
  bug(
    'Firestore: a batch that was stored again is shown again',
    'runs/firestore/frame-documents.ts',
    'if (first + offset < next) continue;',
    '',
  ),
  bug(
    'Firestore: a reader in the middle of a batch misses the rest of it',
    'runs/firestore/frame-documents.ts',
    'if (first + offset < next) continue;',
    'if (first < next) continue;',
  ),
  bug(
    'Firestore: a cached conversation is taken for the newest',
    'sessions/firestore/read-events.ts',
    'if (lastSeq === document.revision) return events;',
    'if (lastSeq <= document.revision) return events;',
  ),
  bug(
    'Firestore: events have the times of their process',
    APPEND,
    'nextTimestamp(event.timestamp, lastMs)',
    'event.timestamp',
  ),
  // Messages that wait.
  bug(
    'Firestore: the queue is forgotten when a turn ends',
    'runs/firestore/give-lease.ts',
    'const [next, ...rest] = queued;',
    'const [next, ...rest] = queued.slice(queued.length);',
  ),
  bug(
    'Firestore: a message that is withdrawn takes those behind it along',
    'runs/firestore/queue.ts',
    'queued: held.queued.filter((queued) => queued.runId !== runId)',
    'queued: held.queued.slice(0, held.queued.findIndex((queued) => queued.runId === runId))',
  ),
  bug(
    'Firestore: messages that wait are answered newest first',
    'runs/firestore/queue.ts',
    '{ queued: [...held.queued, added] }',
    '{ queued: [added, ...held.queued] }',
  ),
];
