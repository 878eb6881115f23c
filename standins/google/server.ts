import { type Context, type Env, Hono } from 'hono';
import { CloudTrace } from './cloud-trace.ts';
import { Federation, type ServiceAccount } from './federation.ts';
import { addMetadataServer } from './metadata-server.ts';
import { Oidc, type Person } from './oidc.ts';
import { Refusal, toApiError, toOauthError } from './refusal.ts';
import { getSecretValue } from './secrets-manager.ts';
import { SigningKeys } from './signing-keys.ts';
import { TaskCredentialsIssuer } from './task-credentials.ts';

export interface GoogleStandInOptions {
  port?: number;
  people?: Person[];
  client?: { id: string; secret: string; redirectUris: string[] };
  provider?: string;
  awsAccountId?: string;
  awsRoleName?: string;
  serviceAccount?: ServiceAccount;
  /** The identity of the agent on Google Cloud; its metadata server gives it tokens. */
  cloudAccount?: ServiceAccount;
  taskCredentialsLifetimeMs?: number;
  now?: () => number;
  /** Its name for services that reach it under Google's own, and where a browser finds its page then. */
  named?: { issuer: string; signInUrl: string };
  /** Issuer of service accounts' ID tokens; default: the stand-in's own address. */
  tokenIssuer?: string;
}

/** The parts that can be made to fail, to see how a caller reacts. */
export type FailingPart = 'certs' | 'token' | 'sts' | 'iam' | 'task-credentials' | 'secrets' | 'traces';

export const DEFAULTS = {
  provider:
    '//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/aws-staging/providers/aws',
  awsAccountId: '123456789012',
  awsRoleName: 'LornuEcsTaskRole',
  serviceAccountEmail: 'lornu-staging@lornu-stand-in.iam.gserviceaccount.com',
  cloudAccountEmail: 'lornu-agent@lornu-stand-in.iam.gserviceaccount.com',
  people: [
    { sub: '100000000000000000001', email: 'ada@lornu.ai', name: 'Ada Example', hd: 'lornu.ai' },
    { sub: '100000000000000000002', email: 'ben@lornu.ai', name: 'Ben Example', hd: 'lornu.ai' },
    {
      sub: '100000000000000000003',
      email: 'eve@elsewhere.example',
      name: 'Eve Elsewhere',
      hd: 'elsewhere.example',
    },
  ] satisfies Person[],
} as const;

export interface GoogleStandIn {
  /** Base address, and the issuer of all tokens. */
  readonly url: string;
  readonly provider: string;
  readonly serviceAccount: ServiceAccount;
  readonly cloudAccount: ServiceAccount;
  readonly keys: SigningKeys;
  readonly federation: Federation;
  readonly taskCredentials: TaskCredentialsIssuer;
  /** The traces that it has received. */
  readonly cloudTrace: CloudTrace;
  /** Values in Secrets Manager, by ARN; change one to rotate it. */
  readonly secrets: Map<string, string>;
  /** Requested paths, oldest first. */
  readonly requests: string[];
  readonly failing: Set<FailingPart>;
  stop(): Promise<void>;
}

/**
 * Starts the stand-in on a loopback port: Google's sign-in, STS, IAM Credentials and Cloud Trace; from AWS the container credentials
 * and Secrets Manager.
 */
export async function startGoogleStandIn(options: GoogleStandInOptions = {}): Promise<GoogleStandIn> {
  const now = options.now ?? Date.now;
  const keys = await SigningKeys.create();
  const accountId = options.awsAccountId ?? DEFAULTS.awsAccountId;
  const roleName = options.awsRoleName ?? DEFAULTS.awsRoleName;
  const provider = options.provider ?? DEFAULTS.provider;
  const serviceAccount = options.serviceAccount ?? {
    email: DEFAULTS.serviceAccountEmail,
    uniqueId: '110000000000000000001',
    publicKeys: new Map<string, string>(),
  };
  const cloudAccount = options.cloudAccount ?? {
    email: DEFAULTS.cloudAccountEmail,
    uniqueId: '110000000000000000002',
    publicKeys: new Map<string, string>(),
  };
  const taskCredentials = new TaskCredentialsIssuer({
    accountId,
    roleName,
    lifetimeMs: options.taskCredentialsLifetimeMs ?? 6 * 3_600_000,
    now,
  });
  const issuer = () => options.named?.issuer ?? url;
  const federation = new Federation({
    issuer: () => options.tokenIssuer ?? url,
    provider,
    allowedRole: `arn:aws:sts::${accountId}:assumed-role/${roleName}`,
    serviceAccount,
    keys,
    taskCredentials,
    now,
  });
  const oidc = new Oidc({
    issuer,
    signInUrl: () => options.named?.signInUrl ?? `${url}/o/oauth2/v2/auth`,
    client: options.client ?? { id: 'lornu-web', secret: 'stand-in-client-secret', redirectUris: [] },
    people: options.people ?? DEFAULTS.people,
    keys,
    now,
  });
  const secrets = new Map<string, string>();
  const cloudTrace = new CloudTrace(federation, now);
  const requests: string[] = [];
  const failing = new Set<FailingPart>();
  const app = createRoutes({
    keys,
    federation,
    oidc,
    taskCredentials,
    cloudTrace,
    secrets,
    requests,
    failing,
    cloudAccount,
  });
  const server = Bun.serve({
    port: options.port ?? 0,
    hostname: '127.0.0.1',
    development: false,
    // Without this, `development: false` makes Bun share the port: a second process would get half of the requests.
    reusePort: false,
    fetch: app.fetch,
  });
  const url = server.url.origin;
  return {
    url,
    provider,
    serviceAccount,
    cloudAccount,
    keys,
    federation,
    taskCredentials,
    cloudTrace,
    secrets,
    requests,
    failing,
    stop: async () => {
      await server.stop(true);
    },
  };
}

interface Parts {
  keys: SigningKeys;
  federation: Federation;
  oidc: Oidc;
  taskCredentials: TaskCredentialsIssuer;
  cloudTrace: CloudTrace;
  secrets: Map<string, string>;
  requests: string[];
  failing: Set<FailingPart>;
  cloudAccount: ServiceAccount;
}

function createRoutes(parts: Parts): Hono {
  const { keys, federation, oidc, taskCredentials, secrets, requests, failing } = parts;
  const app = new Hono();
  app.use(async (c, next) => {
    requests.push(`${c.req.method} ${c.req.path}`);
    await next();
  });
  const failable =
    <P extends string>(part: FailingPart) =>
    async (c: Context<Env, P>, next: () => Promise<void>) => {
      if (failing.has(part))
        return c.json({ error: { code: 503, message: 'down on purpose', status: 'UNAVAILABLE' } }, 503);
      await next();
    };
  app.get('/health', (c) => c.json({ status: 'ok' }));
  app.get('/.well-known/openid-configuration', (c) => c.json(oidc.metadata()));
  app.get('/oauth2/v3/certs', failable('certs'), (c) => c.json(keys.jwks()));
  app.get('/o/oauth2/v2/auth', (c) => oauth(() => oidc.authorize(new URL(c.req.url))));
  app.post('/token', failable('token'), async (c) => {
    const form = new URLSearchParams(await c.req.text());
    return oauth(async () => {
      const isAssertion = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer';
      return Response.json(
        isAssertion
          ? await federation.exchangeAssertion(form.get('assertion') ?? '')
          : await oidc.redeem(form, c.req.header('authorization') ?? null),
      );
    });
  });
  app.post('/v1/token', failable('sts'), async (c) => {
    const form = new URLSearchParams(await c.req.text());
    return oauth(() => Response.json(federation.exchange(form)));
  });
  app.post('/v1/projects/-/serviceAccounts/:call', failable('iam'), async (c) => {
    const [email = '', method] = c.req.param('call').split(':');
    const authorization = c.req.header('authorization') ?? null;
    const body: Record<string, never> = await c.req.json();
    return api(async () => {
      if (method === 'generateIdToken')
        return c.json(await federation.generateIdToken(authorization, email, body));
      if (method === 'generateAccessToken')
        return c.json(federation.generateAccessToken(authorization, email, body));
      throw new Refusal(404, 'NOT_FOUND', 'unknown method');
    });
  });
  app.post('/v1/traces', failable('traces'), (c) => api(() => parts.cloudTrace.receive(c.req.raw)));
  app.get('/v2/credentials/:task', failable('task-credentials'), (c) =>
    taskCredentials.toAnswer(c.req.param('task'), c.req.query('role')),
  );
  app.post('/', failable('secrets'), (c) => getSecretValue(c.req.raw, secrets, taskCredentials));
  addMetadataServer(app, parts.cloudAccount, federation);
  app.get('/stand-in/id-token', async (c) =>
    c.text(await federation.idToken(c.req.query('audience') ?? '', true)),
  );
  app.get('/stand-in/requests', (c) => c.json(requests));
  app.post('/stand-in/rotate-keys', async (c) => {
    await keys.rotate();
    return c.json(keys.jwks());
  });
  return app;
}

async function api(answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof Refusal) return toApiError(error);
    throw error;
  }
}

async function oauth(answer: () => Response | Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof Refusal) return toOauthError(error);
    throw error;
  }
}
