import { requestTarget } from '../identity/request-target.ts';

/**
 * The path that routes are matched against, decoded as Starlette does, so that an encoded slash separates segments. Per
 * cent signs stay encoded, because Hono decodes each parameter again. Invalid UTF-8 becomes U+FFFD.
 */
export function requestPath(request: Request, defaultAppName?: string): string {
  const { path: raw } = requestTarget(request.url);
  const path = raw.includes('%') ? decodeLeniently(raw).replaceAll('%', '%25') : raw;
  return defaultAppName && WITHOUT_APP.test(path) ? `/apps/${defaultAppName}${path}` : path;
}

/** Paths that Python ADK completes with ADK_DEFAULT_APP_NAME. */
const WITHOUT_APP = /^\/(?:users\/|app-info$|trigger\/)/;

const lenient = new TextDecoder('utf-8');

function decodeLeniently(raw: string): string {
  return raw.replace(/(?:%[0-9a-fA-F]{2})+/g, (encoded) =>
    lenient.decode(Uint8Array.from(encoded.slice(1).split('%'), (hex) => Number.parseInt(hex, 16))),
  );
}
