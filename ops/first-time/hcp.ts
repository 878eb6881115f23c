import { CliError } from '../base/cli-error.ts';
import { HCP_HOST, openHcp, ORGANIZATION, showWorkspace, type Hcp } from '../delivery/terraform/hcp.ts';
import { missing, ok, unknown, type Requirement, type Sighting } from './requirement.ts';
import type { Scene } from './scene.ts';

export const WORKSPACES = ['lornu-aws-bootstrap', 'lornu-gcp-staging', 'lornu-aws-staging'] as const;
const WHAT = 'The workspaces at HCP Terraform cannot be looked at.';
const NO_TOKEN = `no token: neither TF_TOKEN_app_terraform_io nor what terraform login writes`;

async function open(scene: Pick<Scene, 'env' | 'signal'>): Promise<Hcp> {
  const hcp = await openHcp(scene.env, scene.signal, WHAT);
  if (hcp) return hcp;
  throw new CliError({ what: WHAT, why: NO_TOKEN, next: 'terraform login' });
}

const token: Requirement = {
  id: 'hcp-organization',
  provider: 'hcp',
  title: `this token sees the organization ${ORGANIZATION} at HCP Terraform`,
  look: async (scene) => {
    const hcp = await openHcp(scene.env, scene.signal, WHAT);
    if (!hcp) return missing(NO_TOKEN, 'terraform login');
    // The entitlements list what is paid for; Terraform itself reads them first, too.
    const { status, body } = await hcp.call('GET', `/organizations/${ORGANIZATION}/entitlement-set`);
    if (status === 404) {
      return missing(
        `there is no organization ${ORGANIZATION} for this token`,
        `make it at https://${HCP_HOST}/app/organizations/new, or terraform login as one of its owners`,
      );
    }
    const attributes = (body as { data?: { attributes?: { teams?: boolean } } } | undefined)?.data
      ?.attributes;
    return ok(
      attributes?.teams === false
        ? `it is there; its plan has no teams but "owners", so both tokens at GitHub may write every workspace (docs/operations.md, "Set up once")`
        : 'it is there',
    );
  },
};

const workspaces = WORKSPACES.map((name): Requirement => ({
  id: `hcp-${name.replace(/^lornu-/, '')}`,
  provider: 'hcp',
  title: `the workspace ${name} is there, with execution mode local`,
  after: [token.id],
  look: async (scene) => {
    const hcp = await open(scene);
    const workspace = await showWorkspace(hcp, name, WHAT);
    const next = `./lornu setup hcp --yes hcp-${name.replace(/^lornu-/, '')}`;
    if (!workspace) {
      return missing(
        'it is not there for this token; terraform init would make it with the default of the organization',
        next,
        {
          does: `make the workspace ${name} of ${ORGANIZATION}, execution mode local`,
          make: async () => makeWorkspace(hcp, name),
        },
      );
    }
    if (workspace.executionMode === 'local') return ok(workspace.locked ? 'it is, locked by a run' : 'it is');
    const seen = `its execution mode is ${workspace.executionMode}: plans would run at HCP, without AWS credentials`;
    if (workspace.locked) {
      return missing(`${seen}; it is locked by a run`, 'wait for that run, then ./lornu setup hcp');
    }
    return missing(seen, next, {
      does: `set the execution mode of ${name} from ${workspace.executionMode} to local; its state stays`,
      make: async () =>
        judge(
          await hcp.call('PATCH', `/workspaces/${workspace.id}`, { type: 'workspaces', attributes: LOCAL }),
          `change the workspace ${name}`,
        ),
    });
  },
}));

/** The execution mode, set by the workspace itself rather than the organization's default. */
const LOCAL = { 'execution-mode': 'local', 'setting-overwrites': { 'execution-mode': true } };

/** https://developer.hashicorp.com/terraform/cloud-docs/api-docs/workspaces#create-a-workspace */
async function makeWorkspace(hcp: Hcp, name: string): Promise<void> {
  judge(
    await hcp.call('POST', `/organizations/${ORGANIZATION}/workspaces`, {
      type: 'workspaces',
      attributes: { name, ...LOCAL },
    }),
    `make the workspace ${name}`,
  );
}

function judge({ status, body }: { status: number; body: unknown }, to: string): void {
  if (status === 200 || status === 201) return;
  const { title, detail } =
    (body as { errors?: { title?: string; detail?: string }[] } | undefined)?.errors?.[0] ?? {};
  const said = [title, detail].filter(Boolean).join(': ').slice(0, 200);
  // HCP answers 404 if the token lacks the permission, and 422 if the name is taken, even by a workspace that the token
  // may not see.
  throw new CliError({
    what: 'HCP Terraform refused the request.',
    why: `HCP answers ${status}${said && ` (${said})`} to an attempt to ${to}`,
    next: `terraform login as an owner of ${ORGANIZATION}: only owners can create and change workspaces`,
  });
}

/** Whether a stack was ever applied: its workspace then has a state. */
export async function lookAtState(scene: Scene, workspace: string): Promise<Sighting> {
  const hcp = await open(scene);
  const found = await showWorkspace(hcp, workspace, WHAT);
  if (!found) return unknown(`the workspace ${workspace} is not there`);
  const { status } = await hcp.call('GET', `/workspaces/${found.id}/current-state-version`);
  if (status === 200) return ok('applied: its workspace has a state');
  return missing('never applied: its workspace has no state', '');
}

export const HCP: readonly Requirement[] = [token, ...workspaces];
