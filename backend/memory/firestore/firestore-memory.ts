import type { Firestore } from '@google-cloud/firestore';
import type { Event, MemoryEntry, SearchMemoryRequest, SearchMemoryResponse, Session } from '@google/adk';
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../events/codec.ts';
import { toContentData } from '../../events/document.ts';
import { contentFromWire } from '../../events/wire.ts';
import { calling } from '../../firestore/calling.ts';
import type { MemoryService } from '../memory-service.ts';
import { keywordsOf } from './keywords.ts';

const MEMORIES = 'memories';
/** Firestore's limit of writes in one commit. */
const LARGEST_BATCH = 500;
/** A question of more words than this is looked for by its first ones: each word is a query. */
const MAX_WORDS = 24;
/** How many entries a search gives at most: they all go into the model's context. */
const MAX_RESULTS = 30;

/** What was said in sessions that were added, found again by its words: the documents of google-adk's FirestoreMemoryService. */
export class FirestoreMemory implements MemoryService {
  readonly #db: Firestore;

  constructor(db: Firestore) {
    this.#db = db;
  }

  /** One document an event that has words; adding a session again writes the same documents. */
  async addSessionToMemory({ appName, userId, id: sessionId, events }: Session): Promise<void> {
    const said = new Map(events.map((event) => [event.id, event]));
    const documents = [...said.values()].flatMap((event) => toDocument(event));
    for (let from = 0; from < documents.length; from += LARGEST_BATCH) {
      const batch = this.#db.batch();
      for (const { eventId, ...document } of documents.slice(from, from + LARGEST_BATCH)) {
        const name = createHash('sha256')
          .update([appName, userId, sessionId, eventId].join('\0'))
          .digest('hex');
        batch.set(this.#db.collection(MEMORIES).doc(name), { appName, userId, sessionId, ...document });
      }
      await calling(() => batch.commit());
    }
  }

  /** Entries that hold any word of the question: those with more of its words first, then the newest. */
  async searchMemory({ appName, userId, query }: SearchMemoryRequest): Promise<SearchMemoryResponse> {
    const words = keywordsOf(query).slice(0, MAX_WORDS);
    const found = new Map<string, { hits: number; timestamp: number; data: JsonObject }>();
    const mine = this.#db.collection(MEMORIES).where('appName', '==', appName).where('userId', '==', userId);
    await Promise.all(
      words.map(async (word) => {
        for (const doc of (await calling(() => mine.where('keywords', 'array-contains', word).get())).docs) {
          const known = found.get(doc.id);
          if (known) known.hits++;
          else found.set(doc.id, { hits: 1, timestamp: Number(doc.get('timestamp') ?? 0), data: doc.data() });
        }
      }),
    );
    const best = [...found.values()]
      .toSorted((a, b) => b.hits - a.hits || b.timestamp - a.timestamp)
      .slice(0, MAX_RESULTS);
    return { memories: best.map(({ data, timestamp }) => toEntry(data, timestamp)) };
  }

  async probe(): Promise<void> {
    await calling(() => this.#db.collection(MEMORIES).doc('probe').get());
  }

  /** The session store owns the connection. */
  async close(): Promise<void> {}
}

function toDocument({ id: eventId, author = '', timestamp, content }: Event) {
  const text = (content?.parts ?? []).flatMap((part) => part.text || []).join(' ');
  const keywords = keywordsOf(text);
  if (!content || keywords.length === 0) return [];
  return [{ eventId, keywords, author, content: toContentData(content), timestamp: timestamp / 1000 }];
}

function toEntry(data: JsonObject, timestamp: number): MemoryEntry {
  return {
    author: typeof data['author'] === 'string' ? data['author'] : '',
    timestamp: new Date(timestamp * 1000).toISOString(),
    content: contentFromWire(data['content']),
  };
}
