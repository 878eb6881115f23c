import { storedObject } from '../../errors/stored-json.ts';
import type { Event, MemoryEntry, SearchMemoryRequest, SearchMemoryResponse, Session } from '@google/adk';
import type { Content } from '@google/genai';
import type { Database } from 'bun:sqlite';
import { contentFromWire, contentToWire } from '../../events/wire.ts';
import { assertRoomOf } from '../../sqlite/disk-room.ts';
import { openSqlite } from '../../sqlite/open-sqlite.ts';
import { inTransaction, reading } from '../../sqlite/transaction.ts';
import type { MemoryService } from '../memory-service.ts';

/** Most entries that a search returns: they all go into the model's context. */
const MAX_RESULTS = 30;
/** Only the first words of a longer query are used. */
const MAX_WORDS = 64;

const WAIT_MS = 2_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS memories (
    id INTEGER PRIMARY KEY,
    app_name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    author TEXT NOT NULL,
    timestamp_ms REAL NOT NULL,
    content TEXT NOT NULL -- the wire form
  );
  CREATE INDEX IF NOT EXISTS memories_by_session ON memories (app_name, user_id, session_id);
  CREATE VIRTUAL TABLE IF NOT EXISTS memory_words
    USING fts5(text, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
`;

interface MemoryRow {
  author: string;
  timestamp_ms: number;
  content: string;
}

/** Texts of the sessions that were added, searchable by words; in one SQLite file. */
export class SqliteMemory implements MemoryService {
  readonly #database: Database;

  /** `path` may be `:memory:`. Throws UnusableDatabaseError. Several processes may open the same file. */
  constructor(path: string) {
    this.#database = openSqlite(path, { schema: SCHEMA, waitMs: WAIT_MS });
  }

  /** Replaces the stored texts of the session. */
  async addSessionToMemory({ appName, userId, id: sessionId, events }: Session): Promise<void> {
    const owner = { appName, userId, sessionId };
    const entries = events.flatMap(({ author = '', timestamp, content }: Event) => {
      const text = content ? textOf(content) : '';
      return content && text
        ? [{ author, timestamp, content: JSON.stringify(contentToWire(content)), text }]
        : [];
    });
    await inTransaction(this.#database, () => {
      this.#database
        .query(
          `DELETE FROM memory_words WHERE rowid IN (
               SELECT id FROM memories WHERE app_name = $appName AND user_id = $userId AND session_id = $sessionId)`,
        )
        .run(owner);
      this.#database
        .query(
          'DELETE FROM memories WHERE app_name = $appName AND user_id = $userId AND session_id = $sessionId',
        )
        .run(owner);
      for (const { text, ...entry } of entries) {
        const { lastInsertRowid: id } = this.#database
          .query(
            `INSERT INTO memories (app_name, user_id, session_id, author, timestamp_ms, content)
               VALUES ($appName, $userId, $sessionId, $author, $timestamp, $content)`,
          )
          .run({ ...owner, ...entry });
        this.#database.query('INSERT INTO memory_words (rowid, text) VALUES ($id, $text)').run({ id, text });
      }
    });
  }

  /** Entries that contain any word of the query, best match first. */
  async searchMemory({ appName, userId, query }: SearchMemoryRequest): Promise<SearchMemoryResponse> {
    const words =
      query
        .toLowerCase()
        .match(/[\p{L}\p{N}]+/gu)
        ?.slice(0, MAX_WORDS) ?? [];
    if (words.length === 0) return { memories: [] };
    const rows = reading(() =>
      this.#database
        .query<MemoryRow, Record<string, string | number>>(
          `SELECT author, timestamp_ms, content
         FROM memory_words JOIN memories ON memories.id = memory_words.rowid
         WHERE memory_words MATCH $words AND app_name = $appName AND user_id = $userId
         ORDER BY memory_words.rank, timestamp_ms DESC
         LIMIT $limit`,
        )
        .all({ appName, userId, words: words.map((word) => `"${word}"`).join(' OR '), limit: MAX_RESULTS }),
    );
    return { memories: rows.map(toEntry) };
  }

  async probe(): Promise<void> {
    this.#database.query('SELECT 1 FROM memories LIMIT 1').get();
    await assertRoomOf(this.#database);
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}

function toEntry({ author, timestamp_ms: timestampMs, content }: MemoryRow): MemoryEntry {
  return {
    author,
    timestamp: new Date(timestampMs).toISOString(),
    content: contentFromWire(storedObject(content, 'a memory')),
  };
}

function textOf({ parts = [] }: Content): string {
  return parts.flatMap(({ text, thought }) => (text && !thought ? text : [])).join(' ');
}
