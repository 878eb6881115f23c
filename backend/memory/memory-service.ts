import type { BaseMemoryService } from '@google/adk';

/** ADK's memory, and what the service needs beside it. */
export interface MemoryService extends BaseMemoryService {
  /** Fails where the memory cannot be reached. */
  probe(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
