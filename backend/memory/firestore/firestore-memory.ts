import type { Firestore } from '../../firestore/client/firestore.ts';
import type { DocumentReference } from '../../firestore/client/references.ts';
import type { Transaction } from '../../firestore/client/transaction.ts';
import type { Event, MemoryEntry, SearchMemoryRequest, SearchMemoryResponse, Session } from '@google/adk';
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../events/codec.ts';
import { toContentData } from '../../events/document.ts';
import { contentFromWire } from '../../events/wire.ts';
import { AppError } from '../../errors/app-error.ts';
import { calling } from '../../firestore/calling.ts';
import { documentBytes } from '../../firestore/document-bytes.ts';
import { transact } from '../../firestore/transact.ts';
import type { MemoryService } from '../memory-service.ts';
import { keywordsOf } from './keywords.ts';

const MEMORIES = 'memories';
/** Limits per commit: Firestore takes 500 writes and 10 MiB including index entries; its emulator takes 4 MiB. */
const LARGEST_COMMIT = { documents: 500, bytes: 3 * 1024 * 1024, keywords: 20_000 };
/** Limits per document: 1 MiB and 40,000 index entries, one of which each word takes. */
const LARGEST_DOCUMENT = { bytes: 1_040_000, keywords: 30_000 };
/** Only the first words of a longer query are used: each word is a Firestore query. */
const MAX_WORDS = 24;
/** Most entries that a search returns: they all go into the model's context. */
const MAX_RESULTS = 30;

/** Memories of sessions, found by their words, in the documents of google-adk's FirestoreMemoryService. */
export class FirestoreMemory implements MemoryService {
  readonly #db: Firestore;

  constructor(db: Firestore) {
    this.#db = db;
  }

  /**
   * Writes one document per event that has words; adding a session again overwrites the same documents. Throws
   * NOT_STORABLE if an event is too large; the others are stored all the same.
   */
  async addSessionToMemory({ appName, userId, id: sessionId, events }: Session): Promise<void> {
    const byId = new Map(events.map((event) => [event.id, event]));
    const memories = [...byId.values()].flatMap((event) => toMemory(event, { appName, userId, sessionId }));
    const fitting = memories.filter(
      ({ bytes, keywords }) => bytes <= LARGEST_DOCUMENT.bytes && keywords <= LARGEST_DOCUMENT.keywords,
    );
    for (const commit of commitsOf(fitting)) {
      const write = async (transaction: Transaction): Promise<void> => {
        for (const { name, document } of commit)
          transaction.set(this.#db.collection(MEMORIES).doc(name), document);
      };
      // One after the other: they are large.
      await calling((signal) => transact(this.#db, write, { signal }));
    }
    const left = memories.length - fitting.length;
    if (left === 0) return;
    const detail = `Too long to be remembered: ${left} of ${memories.length} events with words. The others are remembered. An event may hold about 500 KB of text and ${LARGEST_DOCUMENT.keywords} different words.`;
    throw new AppError('NOT_STORABLE', detail);
  }

  /** Entries that contain any word of the query: those with more of its words first, then the newest. */
  async searchMemory({ appName, userId, query }: SearchMemoryRequest): Promise<SearchMemoryResponse> {
    const words = keywordsOf(query).slice(0, MAX_WORDS);
    const found = new Map<string, { hits: number; timestamp: number; ref: DocumentReference }>();
    const mine = this.#db.collection(MEMORIES).where('appName', '==', appName).where('userId', '==', userId);
    await Promise.all(
      words.map(async (word) => {
        // Without their texts: a common word may be in everything the user ever stored.
        const having = mine.where('keywords', 'array-contains', word).select('timestamp');
        for (const doc of (await calling(() => having.get())).docs) {
          const known = found.get(doc.id);
          if (known) known.hits++;
          else found.set(doc.id, { hits: 1, timestamp: Number(doc.get('timestamp') ?? 0), ref: doc.ref });
        }
      }),
    );
    const best = [...found.values()]
      .toSorted((a, b) => b.hits - a.hits || b.timestamp - a.timestamp)
      .slice(0, MAX_RESULTS);
    if (best.length === 0) return { memories: [] };
    const read = await calling(() => this.#db.getAll(...best.map(({ ref }) => ref)));
    return {
      memories: best.flatMap(({ timestamp }, index) => {
        const data = read[index]?.data();
        return data ? [toEntry(data, timestamp)] : [];
      }),
    };
  }

  async probe(): Promise<void> {
    await calling(() => this.#db.collection(MEMORIES).doc('probe').get());
  }

  /** The session store owns the connection. */
  async close(): Promise<void> {}
}

interface Memory {
  name: string;
  document: JsonObject;
  bytes: number;
  keywords: number;
}

function toMemory(
  { id: eventId, author = '', timestamp, content }: Event,
  session: { appName: string; userId: string; sessionId: string },
): Memory[] {
  const text = (content?.parts ?? []).flatMap((part) => part.text || []).join(' ');
  const keywords = keywordsOf(text);
  if (!content || keywords.length === 0) return [];
  const document = {
    ...session,
    keywords,
    author,
    content: toContentData(content),
    timestamp: timestamp / 1000,
  };
  const { appName, userId, sessionId } = session;
  const name = createHash('sha256').update([appName, userId, sessionId, eventId].join('\0')).digest('hex');
  return [{ name, document, bytes: documentBytes(document), keywords: keywords.length }];
}

/** As many per commit as Firestore takes. */
function commitsOf(memories: readonly Memory[]): Memory[][] {
  const commits: Memory[][] = [];
  let [bytes, keywords] = [0, 0];
  for (const memory of memories) {
    const last = commits.at(-1);
    bytes += memory.bytes;
    keywords += memory.keywords;
    const fits =
      last &&
      last.length < LARGEST_COMMIT.documents &&
      bytes <= LARGEST_COMMIT.bytes &&
      keywords <= LARGEST_COMMIT.keywords;
    if (fits) last.push(memory);
    else {
      commits.push([memory]);
      [bytes, keywords] = [memory.bytes, memory.keywords];
    }
  }
  return commits;
}

function toEntry(data: JsonObject, timestamp: number): MemoryEntry {
  return {
    author: typeof data['author'] === 'string' ? data['author'] : '',
    timestamp: new Date(timestamp * 1000).toISOString(),
    content: contentFromWire(data['content']),
  };
}
