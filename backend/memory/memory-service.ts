import type { BaseMemoryService } from '@google/adk';

/** ADK's memory service, plus what this service needs. */
export interface MemoryService extends BaseMemoryService {
  /** Throws if the memory cannot be reached. */
  probe(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
