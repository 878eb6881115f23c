import type { Hono } from 'hono';
import type { Federation, ServiceAccount } from './federation.ts';

const ROOT = '/computeMetadata/v1/instance/service-accounts/default';

/**
 * The metadata server of Cloud Run, which tells a service there who it is and gives it ID tokens (Google, "Authenticating
 * service-to-service"). google-auth finds it by GCE_METADATA_HOST and GCE_METADATA_IP.
 */
export function addMetadataServer(app: Hono, account: ServiceAccount, federation: Federation): void {
  // How google-auth looks whether there is one.
  app.get('/', (c) => c.text('', 200, { 'metadata-flavor': 'Google' }));
  app.use('/computeMetadata/*', async (c, next) => {
    // Browsers and redirects cannot set it: the real one refuses requests without it.
    if (c.req.header('metadata-flavor') !== 'Google')
      return c.text('Missing Metadata-Flavor:Google header.', 403);
    await next();
    c.header('metadata-flavor', 'Google');
    return undefined;
  });
  app.get(`${ROOT}/`, (c) => c.json({ aliases: ['default'], email: account.email, scopes: [] }));
  app.get(`${ROOT}/email`, (c) => c.text(account.email));
  app.get(`${ROOT}/identity`, async (c) => {
    const audience = c.req.query('audience');
    if (!audience) return c.text('non-empty audience parameter required', 400);
    // Without format=full the real one leaves the e-mail out.
    return c.text(await federation.idTokenFor(account, audience, c.req.query('format') === 'full'));
  });
}
