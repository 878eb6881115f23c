/** JSON:API documents as HCP Terraform returns them, with only the members that Terraform reads. */

/** Where a workspace's plans run: at HCP, at an agent of the organization, or on the machine that runs Terraform. */
export type ExecutionMode = 'remote' | 'agent' | 'local';

export function describeWorkspace({
  id,
  name,
  executionMode,
  lockedBy,
}: {
  id: string;
  name: string;
  executionMode: ExecutionMode;
  lockedBy?: unknown;
}): object {
  const attributes = {
    name,
    'execution-mode': executionMode,
    operations: executionMode !== 'local',
    locked: lockedBy !== undefined,
    'terraform-version': '1.11.4',
    permissions: { 'can-lock': true, 'can-read-settings': true },
  };
  return { data: { id, type: 'workspaces', attributes } };
}

export function describeStateVersion(
  version: { id: string; serial: number; state?: Uint8Array },
  origin: string,
): object {
  const attributes = {
    serial: version.serial,
    status: version.state ? 'finalized' : 'pending',
    'resources-processed': true,
    'hosted-state-download-url': `${origin}/objects/${version.id}/state`,
    'hosted-state-upload-url': `${origin}/objects/${version.id}/state`,
    'hosted-json-state-upload-url': `${origin}/objects/${version.id}/json`,
  };
  return { data: { id: version.id, type: 'state-versions', attributes } };
}

export function describeRefusal(status: number, title: string): object {
  return { errors: [{ status: String(status), title }] };
}
