type Handler = (request: Request) => Response | Promise<Response>;

/** Serves on a free port of this machine. */
export function serveHere(
  fetch: Handler,
  options: { idleTimeout?: number; maxRequestBodySize?: number; tls?: Bun.TLSOptions } = {},
): Bun.Server<undefined> {
  return Bun.serve({ port: 0, hostname: '127.0.0.1', development: false, ...options, fetch });
}
