import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What `git clone` would give of the checkout as it stands now, uncommitted files included: no state, no packages. */
export async function copyCheckout(root: string, to: string): Promise<void> {
  const listed = Bun.spawnSync(['git', 'ls-files', '-co', '--exclude-standard', '-z'], { cwd: root });
  for (const file of listed.stdout.toString().split('\0').filter(Boolean)) {
    // Deleted but not yet committed.
    if (!(await Bun.file(join(root, file)).exists())) continue;
    await mkdir(dirname(join(to, file)), { recursive: true });
    await cp(join(root, file), join(to, file));
  }
}

/** Where people leave secrets and state; none of it may reach a build. */
export const PLANTED = [
  '.env',
  '.env.staging',
  'agents/lornu/.env',
  'backend/.env.local',
  'backend/server.key',
  'backend/dist/old.js',
  'frontend/.env.production',
  'gcp-agent/service-account.pem',
  'gcp-agent/.venv/secret',
  'terraform/aws/staging/terraform.tfstate',
  '.lornu/sessions.sqlite',
  '.git/config',
];
