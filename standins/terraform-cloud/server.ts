import { Hono } from 'hono';
import { createHash, randomUUID } from 'node:crypto';
import { describeRefusal, describeStateVersion, describeWorkspace, type ExecutionMode } from './documents.ts';

/**
 * Permissions of a token: `read` sees the state but may not lock it, which is enough for a review plan; an owner also
 * creates and changes workspaces.
 */
export type Right = 'read' | 'write' | 'owner';

export interface TerraformCloudOptions {
  organization: string;
  workspaces: readonly string[];
  /** The organization's default for workspaces without a mode; remote, as in a new organization. */
  executionMode?: ExecutionMode;
  /** Tokens and their permissions; an unknown token has expired or never existed. */
  tokens: ReadonlyMap<string, Right>;
  /** Whether the organization's plan has teams with separate permissions; default: yes. */
  teams?: boolean;
}

/** One version of a state as Terraform uploads it. */
interface StateVersion {
  id: string;
  serial: number;
  lineage: string;
  md5: string;
  state?: Uint8Array;
}

/** The fields of a request to create or change a workspace that are read. */
interface WorkspaceDocument {
  type: string;
  attributes: {
    name?: string;
    'execution-mode'?: ExecutionMode;
    'setting-overwrites'?: { 'execution-mode'?: boolean };
  };
}

export interface Workspace {
  id: string;
  name: string;
  executionMode: ExecutionMode;
  lockedBy?: string;
  versions: StateVersion[];
}

/** The stand-in: a server on loopback, and what a test may inspect and change. */
export interface TerraformCloud {
  /** Address of its API, for a `host` block of Terraform's own configuration. */
  apiUrl: string;
  /** Value of TFE_ADDRESS for programs other than Terraform. */
  address: string;
  workspace: (name: string) => Workspace;
  /** The newest state, parsed; undefined before the first apply. */
  state: (name: string) => { serial: number; lineage: string } | undefined;
  /** Simulates another apply: the same state under the next serial. */
  moveState: (name: string) => void;
  /** Stores a state that was applied elsewhere. */
  putState: (name: string, text: string) => void;
  lock: (name: string, by: string) => void;
  unlock: (name: string) => void;
  requests: string[];
  stop: () => Promise<void>;
}

/**
 * The part of HCP Terraform's API that Terraform's `cloud` block calls in execution mode "local": state and lock.
 * https://developer.hashicorp.com/terraform/cloud-docs/api-docs/state-versions
 */
export function startTerraformCloud(options: TerraformCloudOptions): TerraformCloud {
  const workspaces = options.workspaces.map((name): Workspace => ({
    id: `ws-${name}`,
    name,
    executionMode: options.executionMode ?? 'remote',
    versions: [],
  }));
  const requests: string[] = [];
  const app = new Hono<{ Variables: { right: Right } }>();
  const byId = (id: string): Workspace | undefined => workspaces.find((one) => one.id === id);
  const newest = (workspace: Workspace): StateVersion | undefined =>
    workspace.versions.findLast(({ state }) => state !== undefined);
  let origin = '';
  /** The requested mode, unless the document says that the organization's default applies. */
  const modeOf = ({ attributes }: WorkspaceDocument): ExecutionMode =>
    attributes['setting-overwrites']?.['execution-mode'] === false
      ? (options.executionMode ?? 'remote')
      : (attributes['execution-mode'] ?? options.executionMode ?? 'remote');

  app.use(async (context, next) => {
    const { pathname } = new URL(context.req.url);
    requests.push(`${context.req.method} ${pathname}`);
    context.header('TFP-API-Version', '2.6');
    context.header('TFP-AppName', 'HCP Terraform');
    // Upload and download addresses carry their own permission, as at the real API.
    if (pathname === '/api/v2/ping' || pathname.startsWith('/objects/')) return next();
    const right = options.tokens.get(context.req.header('authorization')?.replace('Bearer ', '') ?? '');
    if (!right) return context.json(describeRefusal(401, 'unauthorized'), 401);
    context.set('right', right);
    return next();
  });

  app.get('/api/v2/ping', (context) => context.body(null, 204));
  app.get('/api/v2/organizations/:name/entitlement-set', (context) => {
    const name = context.req.param('name');
    if (name !== options.organization) return context.json(describeRefusal(404, 'not found'), 404);
    const attributes = { operations: true, 'state-storage': true, teams: options.teams ?? true };
    return context.json({ data: { id: `org-${name}`, type: 'entitlement-sets', attributes } });
  });
  app.get('/api/v2/organizations/:organization/workspaces/:name', (context) => {
    const workspace = workspaces.find(({ name }) => name === context.req.param('name'));
    return workspace
      ? context.json(describeWorkspace(workspace))
      : context.json(describeRefusal(404, 'not found'), 404);
  });
  // https://developer.hashicorp.com/terraform/cloud-docs/api-docs/workspaces#create-a-workspace
  app.post('/api/v2/organizations/:organization/workspaces', async (context) => {
    if (context.get('right') !== 'owner' || context.req.param('organization') !== options.organization)
      return context.json(describeRefusal(404, 'not found'), 404);
    const { data } = await context.req.json<{ data: WorkspaceDocument }>();
    const { name } = data.attributes;
    if (data.type !== 'workspaces' || !/^[\w-]{1,90}$/.test(name ?? ''))
      return context.json(describeRefusal(422, 'invalid attribute'), 422);
    if (workspaces.some((one) => one.name === name))
      return context.json(describeRefusal(422, 'invalid attribute: Name has already been taken'), 422);
    const workspace = { id: `ws-${name}`, name: name ?? '', executionMode: modeOf(data), versions: [] };
    workspaces.push(workspace);
    return context.json(describeWorkspace(workspace), 201);
  });
  app.patch('/api/v2/workspaces/:id', async (context) => {
    const workspace = byId(context.req.param('id'));
    if (!workspace || context.get('right') !== 'owner')
      return context.json(describeRefusal(404, 'not found'), 404);
    const { data } = await context.req.json<{ data: WorkspaceDocument }>();
    workspace.executionMode = modeOf(data);
    return context.json(describeWorkspace(workspace));
  });
  app.post('/api/v2/workspaces/:id/actions/:action', (context) => {
    const workspace = byId(context.req.param('id'));
    // What a token may not change, it may not see either.
    if (!workspace || context.get('right') === 'read')
      return context.json(describeRefusal(404, 'not found'), 404);
    if (context.req.param('action') === 'lock') {
      if (workspace.lockedBy)
        return context.json(describeRefusal(409, `is locked by ${workspace.lockedBy}`), 409);
      workspace.lockedBy = 'User terraform';
    } else delete workspace.lockedBy;
    return context.json(describeWorkspace(workspace));
  });
  app.get('/api/v2/workspaces/:id/current-state-version', (context) => {
    const workspace = byId(context.req.param('id'));
    const version = workspace && newest(workspace);
    return version
      ? context.json(describeStateVersion(version, origin))
      : context.json(describeRefusal(404, 'not found'), 404);
  });
  app.post('/api/v2/workspaces/:id/state-versions', async (context) => {
    const workspace = byId(context.req.param('id'));
    if (!workspace || context.get('right') === 'read')
      return context.json(describeRefusal(404, 'not found'), 404);
    const { data } = await context.req.json<{
      data: { attributes: { serial: number; lineage: string; md5: string } };
    }>();
    const { serial, lineage, md5 } = data.attributes;
    const before = newest(workspace);
    if (!workspace.lockedBy) return context.json(describeRefusal(409, 'workspace must be locked'), 409);
    if (before && (before.lineage !== lineage || serial <= before.serial))
      return context.json(
        describeRefusal(409, 'the serial or lineage does not follow the current state'),
        409,
      );
    const version: StateVersion = { id: `sv-${randomUUID()}`, serial, lineage, md5 };
    workspace.versions.push(version);
    return context.json(describeStateVersion(version, origin), 201);
  });
  app.get('/api/v2/state-versions/:id', (context) => {
    const version = workspaces
      .flatMap(({ versions }) => versions)
      .find(({ id }) => id === context.req.param('id'));
    return version
      ? context.json(describeStateVersion(version, origin))
      : context.json(describeRefusal(404, 'not found'), 404);
  });
  app.on(['GET', 'PUT'], '/objects/:id/:kind', async (context) => {
    const { id, kind } = context.req.param();
    const version = workspaces.flatMap(({ versions }) => versions).find((one) => one.id === id);
    if (!version) return context.body(null, 404);
    if (context.req.method === 'GET') return context.body(Uint8Array.from(version.state ?? []).buffer);
    const body = new Uint8Array(await context.req.arrayBuffer());
    if (kind === 'state') {
      if (createHash('md5').update(body).digest('hex') !== version.md5) return context.body(null, 400);
      version.state = body;
    }
    return context.body(null, 200);
  });
  app.notFound((context) => context.json(describeRefusal(404, 'this stand-in does not know that call'), 404));

  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: app.fetch });
  origin = `http://127.0.0.1:${server.port}`;
  const named = (name: string): Workspace => {
    const found = workspaces.find((one) => one.name === name);
    if (!found) throw new Error(`there is no workspace ${name}`);
    return found;
  };
  const read = (name: string): { serial: number; lineage: string } | undefined => {
    const bytes = newest(named(name))?.state;
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as { serial: number; lineage: string });
  };
  const put = (name: string, state: { serial: number; lineage: string }): void => {
    const bytes = new TextEncoder().encode(JSON.stringify(state));
    const md5 = createHash('md5').update(bytes).digest('hex');
    const { serial, lineage } = state;
    named(name).versions.push({ id: `sv-${randomUUID()}`, serial, lineage, md5, state: bytes });
  };
  return {
    apiUrl: `${origin}/api/v2/`,
    address: origin,
    workspace: named,
    state: read,
    moveState: (name) => {
      const state = read(name);
      if (!state) throw new Error(`${name} has no state yet`);
      put(name, { ...state, serial: state.serial + 1 });
    },
    putState: (name, text) => put(name, JSON.parse(text) as { serial: number; lineage: string }),
    lock: (name, by) => void (named(name).lockedBy = by),
    unlock: (name) => void delete named(name).lockedBy,
    requests,
    stop: async () => server.stop(true),
  };
}
