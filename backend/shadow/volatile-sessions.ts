import type { Session } from '@google/adk';
import { SessionStore } from '../sessions/session-store.ts';

/** A session store without storage: a session exists only as the object that the turn holds. */
export class VolatileSessions extends SessionStore {
  override async createSession(): Promise<Session> {
    throw new Error('The caller creates volatile sessions.');
  }

  override async getSession(): Promise<undefined> {
    return undefined;
  }

  override async deleteSession(): Promise<void> {
    // There is nothing to delete.
  }

  override async listSummaries() {
    return { sessions: [] };
  }

  override historyBytes(): number {
    return 0;
  }

  override bindLease(): void {
    // No other process can write to it.
  }

  override async probe(): Promise<void> {
    // Nothing to open.
  }

  override async close(): Promise<void> {
    // Nothing to close.
  }
}
