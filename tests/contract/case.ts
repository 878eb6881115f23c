import type { Caller } from './exchange.ts';

/** Requests that are sent to both servers; all their responses are compared. */
export interface ContractCase {
  /** A unique sentence; it also names the case's user. */
  title: string;
  run: (caller: Caller) => Promise<void>;
}

/** Cases of one request each, as a table: [title, method, path, json or raw text]. */
export function single(
  title: string,
  method: string,
  path: string,
  body?: { json?: unknown; raw?: string; headers?: Record<string, string> },
): ContractCase {
  return {
    title,
    run: async (caller) => {
      await caller.send(method, path.replaceAll('{user}', caller.userId), body);
    },
  };
}
