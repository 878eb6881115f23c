import type { Server } from 'bun';

type Fetch = (request: Request) => Response | Promise<Response>;

/** Says nothing until its turn is over, which may take longer than a quiet connection is kept. */
const WAITS_FOR_A_TURN = /^[^?]*\/run(?:\?|$)/;

/**
 * A fetch handler for Bun.serve whose idle time does not cut an answer that is still being worked on;
 * afterwards the connection is kept as long as any other. `keepAliveS` is the server's own idleTimeout, in seconds.
 */
export function patientFetch(
  fetch: Fetch,
  keepAliveS: number,
): (request: Request, server: Server<unknown>) => Response | Promise<Response> {
  async function waitForTurn(request: Request, server: Server<unknown>): Promise<Response> {
    server.timeout(request, 0);
    const answer = await fetch(request);
    server.timeout(request, keepAliveS);
    return answer;
  }
  return (request, server) =>
    WAITS_FOR_A_TURN.test(request.url) ? waitForTurn(request, server) : fetch(request);
}
