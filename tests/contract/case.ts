import type { Caller } from './exchange.ts';

/** Requests that are sent to both servers; all their responses are compared. */
export interface ContractCase {
  /** A unique sentence; it also names the case's user. */
  title: string;
  run: (caller: Caller) => Promise<void>;
}

/** A case of several requests. */
export function several(title: string, run: ContractCase['run']): ContractCase {
  return { title, run };
}

/** A case of several requests in a new session of the probe, `s`. */
export function inSession(title: string, run: ContractCase['run']): ContractCase {
  return several(title, async (caller) => {
    await caller.begin();
    await run(caller);
  });
}

/** A case of one request. */
export function single(
  title: string,
  method: string,
  path: string,
  body?: { json?: unknown; raw?: string; headers?: Record<string, string> },
): ContractCase {
  return several(title, async (caller) => {
    await caller.send(method, path.replaceAll('{user}', caller.userId), body);
  });
}
