import type { Server } from 'bun';

type Fetch = (request: Request) => Response | Promise<Response>;

/** /run is silent until its turn ends, which may take longer than the idle timeout. */
const WAITS_FOR_A_TURN = /^[^?]*\/run(?:\?|$)/;

/**
 * Wraps a fetch handler for Bun.serve so that the idle timeout does not cut off a response that is still being made.
 * Afterwards the connection has the usual timeout. `keepAliveS` is the server's own idleTimeout, in seconds.
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
