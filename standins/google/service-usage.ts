import { Hono } from 'hono';
import { Refusal, toApiError } from './refusal.ts';

/** The stand-in: a server on loopback, and what a test may inspect and change. */
export interface ServiceUsage {
  url: string;
  enabled: Set<string>;
  requests: string[];
  stop: () => Promise<void>;
}

/** Google's limit for one batch. */
const MOST_IN_BATCH = 20;

/**
 * The part of Google's Service Usage API that the setup calls, for one project: which APIs are enabled, and enabling
 * them, which is an operation that the caller polls until it is done. An API that is not enabled answers nothing else.
 * https://cloud.google.com/service-usage/docs/reference/rest
 */
export function startServiceUsage(options: {
  project: string;
  token: string;
  enabled: readonly string[];
}): ServiceUsage {
  const enabled = new Set(options.enabled);
  const requests: string[] = [];
  const operations = new Map<string, string[]>();
  const app = new Hono();
  app.onError((error) => {
    if (error instanceof Refusal) return toApiError(error);
    throw error;
  });
  app.use(async (context, next) => {
    requests.push(`${context.req.method} ${context.req.path}`);
    if (context.req.header('authorization') !== `Bearer ${options.token}`)
      throw new Refusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    if (!enabled.has('serviceusage.googleapis.com')) {
      const message = `Service Usage API has not been used in project ${options.project} before or it is disabled.`;
      const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SERVICE_DISABLED' }];
      return context.json({ error: { code: 403, message, status: 'PERMISSION_DENIED', details } }, 403);
    }
    return next();
  });
  const ofProject = (project: string): void => {
    if (project !== options.project)
      throw new Refusal(403, 'PERMISSION_DENIED', `Permission denied on project ${project}.`);
  };
  app.on(['GET', 'POST'], '/v1/projects/:project/:call', async (context) => {
    const { project, call } = context.req.param();
    ofProject(project);
    if (call === 'services:batchGet' && context.req.method === 'GET') {
      const names = context.req.queries('names') ?? [];
      const prefix = `projects/${project}/services/`;
      if (names.length === 0 || names.length > 30 || !names.every((name) => name.startsWith(prefix)))
        throw new Refusal(400, 'INVALID_ARGUMENT', 'names must be 1 to 30 services of the parent');
      return context.json({
        services: names.map((name) => ({
          name,
          state: enabled.has(name.slice(prefix.length)) ? 'ENABLED' : 'DISABLED',
        })),
      });
    }
    if (call === 'services:batchEnable' && context.req.method === 'POST') {
      const { serviceIds = [] } = await context.req.json<{ serviceIds?: string[] }>();
      if (serviceIds.length === 0 || serviceIds.length > MOST_IN_BATCH)
        throw new Refusal(400, 'INVALID_ARGUMENT', `a batch enables 1 to ${MOST_IN_BATCH} services`);
      const name = `operations/acat.${crypto.randomUUID()}`;
      operations.set(name, serviceIds);
      return context.json({ name });
    }
    throw new Refusal(404, 'NOT_FOUND', 'this stand-in does not know that call');
  });
  app.get('/v1/operations/:id', (context) => {
    const name = `operations/${context.req.param('id')}`;
    const serviceIds = operations.get(name);
    if (!serviceIds) throw new Refusal(404, 'NOT_FOUND', 'no such operation');
    for (const id of serviceIds) enabled.add(id);
    return context.json({ name, done: true });
  });
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: app.fetch });
  return { url: server.url.origin, enabled, requests, stop: async () => server.stop(true) };
}
