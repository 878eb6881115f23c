import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { mostVcpus } from './aws.ts';
import { neededSecrets, SUBJECTS } from './bootstrap.ts';
import { requiredVariables } from './github-pipeline.ts';
import { APIS } from './google.ts';
import { WORKSPACES } from './hcp.ts';

// Setup looks for what Terraform creates, so names must match in both places.

const root = join(import.meta.dir, '../..');
const read = async (file: string) => Bun.file(join(root, 'terraform', file)).text();

test('roles and the ends of their subjects match bootstrap', async () => {
  const github = await read('aws/bootstrap/github.tf');
  for (const [name, subject] of Object.entries(SUBJECTS)) {
    expect(github).toContain(`"${name}"`);
    const written = subject.replace(/^:environment:.*/, `:environment:\${var.github_environment}`);
    expect(github).toContain(`"\${local.subject_prefix}${written}"`);
  }
});

test("the zone policy, the image repository and the environment's name match bootstrap", async () => {
  const [github, apply, repository, variables] = [
    await read('aws/bootstrap/github.tf'),
    await read('aws/bootstrap/apply.tf'),
    await read('aws/bootstrap/repository.tf'),
    await read('aws/bootstrap/variables.tf'),
  ];
  expect(github).toContain(`name        = "LornuGithubApply-\${each.key}"`);
  expect(github).toMatch(/services = data\.aws_iam_policy_document\.apply_services\.json/);
  expect(apply).toMatch(
    /^data "aws_iam_policy_document" "apply_services"[\s\S]*:hostedzone\/\$\{var\.domain_zone_id/m,
  );
  expect(repository).toMatch(/name += "lornu-agent"/);
  expect(variables).toMatch(/variable "github_environment" \{[^}]*default += "staging"/);
});

test('each stack has its workspace', async () => {
  const stacks = ['aws/bootstrap', 'gcp/staging', 'aws/staging'];
  const names = await Promise.all(
    stacks.map(
      async (stack) => /workspaces \{\s+name = "([\w-]+)"/.exec(await read(`${stack}/main.tf`))?.[1],
    ),
  );
  expect(names).toEqual([...WORKSPACES]);
});

test("Google's APIs match gcp/staging, plus the one that enables them", async () => {
  const block =
    /"google_project_service" "used" \{[\s\S]*?\]\)/.exec(await read('gcp/staging/main.tf'))?.[0] ?? '';
  const enabled = [...block.matchAll(/"([\w.]+\.googleapis\.com)"/g)].map(([, name = '']) => name);
  expect(enabled.length).toBeGreaterThan(3);
  expect([...APIS] as string[]).toEqual([...enabled, 'serviceusage.googleapis.com'].toSorted());
});

test('the required values are the variables without a default', async () => {
  expect(await requiredVariables(root)).toEqual([
    'alarm_emails',
    'domain_name',
    'google',
    'peer_emails',
    'sign_in',
  ]);
});

test('secrets depend on the runtime and on how Google is authenticated', () => {
  expect(neededSecrets({})).toEqual(['gemini-api-key', 'oidc-client', 'session-key', 'a2a-signing-key']);
  expect(neededSecrets({ agent_runtime: 'fastapi' })).toEqual(['gemini-api-key']);
  expect(neededSecrets({ agent_runtime: 'fastapi', google: { credentials: 'key' } })).toEqual([
    'gemini-api-key',
    'gcp-service-account',
  ]);
});

test('the vCPUs are those of a deployment at the maximum of autoscaling, by the defaults of staging', async () => {
  const [variables, ecs] = [await read('aws/staging/variables.tf'), await read('aws/staging/ecs.tf')];
  expect(variables).toContain('default     = { cpu = 512, memory = 1024 }');
  expect(variables).toContain('default     = { min = 2, max = 6 }');
  expect(ecs).toMatch(/deployment_maximum_percent += 200/);
  expect(mostVcpus({})).toBe(6);
  expect(mostVcpus({ task_size: { cpu: 1024 }, task_count: { max: 10 } })).toBe(20);
});
