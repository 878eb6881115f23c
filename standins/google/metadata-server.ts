import type { Hono } from 'hono';
import type { Federation, ServiceAccount } from './federation.ts';

const ROOT = '/computeMetadata/v1/instance/service-accounts/default';

/**
 * The metadata server of Cloud Run, which gives a service there its identity, access tokens and ID tokens (Google, "Authenticating
 * service-to-service"). google-auth finds it through GCE_METADATA_HOST and GCE_METADATA_IP.
 */
export function addMetadataServer(app: Hono, account: ServiceAccount, federation: Federation): void {
  // How google-auth detects a metadata server.
  app.get('/', (c) => c.text('', 200, { 'metadata-flavor': 'Google' }));
  app.use('/computeMetadata/*', async (c, next) => {
    // Browsers and redirects cannot set this header, so the real server refuses requests without it.
    if (c.req.header('metadata-flavor') !== 'Google')
      return c.text('Missing Metadata-Flavor:Google header.', 403);
    await next();
    c.header('metadata-flavor', 'Google');
    return undefined;
  });
  app.get(`${ROOT}/`, (c) => c.json({ aliases: ['default'], email: account.email, scopes: [] }));
  app.get(`${ROOT}/email`, (c) => c.text(account.email));
  app.get(`${ROOT}/token`, (c) =>
    c.json(federation.accessTokenFor(account, (c.req.query('scopes') ?? '').split(','))),
  );
  app.get(`${ROOT}/identity`, async (c) => {
    const audience = c.req.query('audience');
    if (!audience) return c.text('non-empty audience parameter required', 400);
    // Without format=full the real server omits the e-mail.
    return c.text(await federation.idTokenFor(account, audience, c.req.query('format') === 'full'));
  });
}
