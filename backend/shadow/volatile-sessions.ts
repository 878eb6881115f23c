import type { Session } from '@google/adk';
import { SessionStore } from '../sessions/session-store.ts';

/** Sessions that exist only as the object that a turn holds: nothing is stored anywhere. */
export class VolatileSessions extends SessionStore {
  override async createSession(): Promise<Session> {
    throw new Error('A volatile session is made by its caller.');
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
    // Nobody else can write to it.
  }

  override async probe(): Promise<void> {
    // It needs nothing.
  }

  override async close(): Promise<void> {
    // It holds nothing.
  }
}
